import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { contractTypes, loadContract } from "../../proto/loader.ts";

/**
 * What gRPC itself costs: the contract's service as @grpc/proto-loader makes it, with handlers that decode the same
 * requests and answer at once with an answer of the same size, and do nothing else.
 */
const contract = loadContract();
const service = contractTypes(contract).paysecure.scoring.v1.ScoringService.service as ServiceDefinition;
const answer = (transactionId: string): object => ({
  transactionId,
  fraudProbability: 0.01,
  riskTier: 1,
  action: 1,
  fraudPredicted: false,
  model: { name: "fraud-forest", version: "1" },
});

interface Sent {
  readonly transaction: { readonly transactionId: string };
}

const server = new Server();
server.addService(service, {
  Score: (call: { request: Sent }, callback: (error: null, value: object) => void) =>
    callback(null, answer(call.request.transaction.transactionId)),
  ScoreBatch: (
    call: { request: { transactions: Sent["transaction"][] } },
    callback: (error: null, value: object) => void,
  ) => callback(null, { results: call.request.transactions.map((one) => answer(one.transactionId)) }),
  ScoreStream: (call: NodeJS.ReadWriteStream) => {
    call.on("data", (request: Sent) => call.write(answer(request.transaction.transactionId) as never));
    call.on("end", () => call.end());
  },
  Explain: () => undefined,
  GetModel: () => undefined,
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(JSON.stringify({ level: 30, msg: "listening", address: `127.0.0.1:${port}` }));
  console.log(JSON.stringify({ level: 30, msg: "ready" }));
});
process.on("SIGTERM", () => server.tryShutdown(() => process.exit(0)));
