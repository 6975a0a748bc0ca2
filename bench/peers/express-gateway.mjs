// Express Gateway on the configuration in the working directory.
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import gateway from 'express-gateway';

// It wants its models of users and credentials beside the configuration; these are its own.
const folder = dirname(createRequire(import.meta.url).resolve('express-gateway'));
cpSync(join(folder, 'config/models'), 'models', { recursive: true });
await gateway().load(process.cwd()).run();
