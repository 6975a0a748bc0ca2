// What the gate takes of a proxied request: processor time of one reading of a browser's head, every text of it new.
import { figure, measuredLine } from '../core/own.ts';
import { decisionCases } from '../decision-cases.ts';
import { measureGate } from '../decision.ts';

const rounds = process.argv.includes('quick') ? 3 : 10;
const browser = decisionCases.find(({ name }) => name === 'cors alone');
if (browser === undefined) throw new Error('there is no case of cors alone');
const each = Array.from({ length: rounds }, () => measureGate(browser, 0.5).mean / 1000);
console.log(measuredLine({ figures: { gate: figure('µs/request', ...each) } }));
