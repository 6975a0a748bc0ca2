// Story: with workers, each document that came before its predecessor had stood its trial was kept: 11 KiB a reload, for ever.
process.env['WORKERS'] = '2';
await import('../reload/memory.test.ts');
