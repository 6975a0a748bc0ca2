import { CommanderError } from 'commander';
import { program } from './program.ts';
import { complain } from './terminal.ts';

// What commander refuses is wrong usage; what it prints on request (help, version) is not.
try {
  process.exitCode = await program(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    complain(`postern: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  }
}
