// The program as one file: a launcher imports it, or Node runs it.
import { main } from './main.ts';

export { main };

if (import.meta.main) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
