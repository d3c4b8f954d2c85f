// Loaded into the process that is watched (node --import): says on stdout when the event loop stood still. What counts is
// how much of that time the process itself computed: on a busy machine it also waits while others do.
const EVERY_MS = 10;
const TOLD_MS = 30;
let at = performance.now();
let cpu = process.cpuUsage();
setInterval(() => {
  const now = performance.now();
  const used = process.cpuUsage(cpu);
  const stalled = Math.min(now - at - EVERY_MS, (used.user + used.system) / 1_000);
  if (stalled > TOLD_MS) {
    process.stdout.write(
      `{"msg":"event loop stalled","ms":${Math.round(stalled)},"clockMs":${Math.round(now - at)}}\n`,
    );
  }
  at = now;
  cpu = process.cpuUsage();
}, EVERY_MS).unref();
