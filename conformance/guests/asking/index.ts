export { askingCommand } from './command.ts';
export { program, type Step } from './program.ts';
export { askingWapcGuest } from './wapc.ts';
