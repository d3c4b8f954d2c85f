# One image for every process of the Procfile: docker run paysecure web (scorer, worker, doors, release, simulator).
# BUILD_BASE has Node 20 or later and npm; BASE is what runs, with Node alone put into it. Both of the same Debian (glibc and
# libstdc++: onnxruntime has no binaries for musl).
ARG BUILD_BASE=docker.io/library/node:22-bookworm-slim
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BUILD_BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && rm -rf /root/.npm
COPY . .
RUN node --import tsx deploy/supply/sbom.ts --out sbom.json && node --import tsx deploy/image/prune.ts \
  && mkdir /runtime && cp "$(command -v node)" /runtime/node

FROM ${BASE}
LABEL org.opencontainers.image.title="PaySecure" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.cyclonedx.sbom="/app/sbom.json"
ENV NODE_ENV=production \
    DATA_DIR=/data \
    HOME=/tmp \
    OPS_PORT=9464
WORKDIR /app
COPY --from=build /runtime/node /usr/local/bin/node
COPY --from=build /app /app
# A user without a name needs no entry anywhere; /data is the only place besides /tmp that is written to.
RUN mkdir -m 0700 /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 8000 50051 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD node deploy/image/healthcheck.mjs "$OPS_PORT" "$OPS_HOST"
ENTRYPOINT ["/app/deploy/image/entrypoint.sh"]
CMD ["web"]
