export { buildGuest, type Guest, guestInFile, guestInFolder } from './build.ts';
export { compileGuest, CONFIG_FILE } from './compile.ts';
export { appendCustomSection } from './custom-section.ts';
export { GuestCompileError } from './errors.ts';
export { type Call, callWapc, callWasi, type Transfer } from './host.ts';
