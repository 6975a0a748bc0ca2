// How many decisions the engine makes in a second of processor time, with five policies and no I/O.
import { figure, measuredLine } from '../core/own.ts';
import { measureDecision } from '../decision.ts';
import { decisionCases } from '../decision-cases.ts';

const rounds = process.argv.includes('quick') ? 3 : 10;
const five = decisionCases.find(({ name }) => name === 'five policies');
if (five === undefined) throw new Error('there is no case of five policies');
const perSecond = Array.from({ length: rounds }, () => 1e9 / measureDecision(five, 0.5).mean);
console.log(measuredLine({ figures: { decisions: figure('/s/core', ...perSecond) } }));
