// How much of the processor something takes. The time of day says little of that on a machine that is busy with other
// things.

/** Milliseconds of the processor that this process has used so far. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
