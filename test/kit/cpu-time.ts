/** Milliseconds of CPU that this process has used: what work costs, however many others work on the machine. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
