import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { readMetadata, type PolicyMetadata, type StoredModule } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { formatSize } from '../progress.ts';
import { openLocalStore } from '../registry/open.ts';
import { formatTable } from '../table.ts';

const HEADINGS = ['Policy', 'Mutating', 'Context aware', 'SHA-256', 'Size'];
/** Hexadecimal digits that are shown; enough to name a policy by. */
const SHORT = 12;

export function policiesCommand(context: CommandContext): Command {
  return new Command('policies')
    .description('list the policies in the local store')
    .option('-q, --quiet', 'their URIs only, one a line')
    .action(async ({ quiet }: { readonly quiet?: true }) => {
      const stored = await openLocalStore(context).list();
      // Scripts take silence for an empty store.
      if (stored.length === 0) return;
      if (quiet) return void context.stdout.write(stored.map(({ url }) => `${url}\n`).join(''));
      const rows: (readonly string[])[] = [];
      for (const module of stored) rows.push(await rowOf(module));
      context.stdout.write(formatTable(HEADINGS, rows));
    });
}

async function rowOf({ url, path, size }: StoredModule): Promise<readonly string[]> {
  const bytes = await readFile(path);
  const metadata = metadataOf(bytes);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, SHORT);
  const isContextAware = metadata === undefined ? undefined : metadata.contextAwareResources.length > 0;
  return [url, yesNo(metadata?.mutating), yesNo(isContextAware), digest, formatSize(size)];
}

/** One module that can't be read must not hide the others. */
function metadataOf(bytes: Uint8Array): PolicyMetadata | undefined {
  try {
    return readMetadata(bytes);
  } catch {
    return undefined;
  }
}

function yesNo(value: boolean | undefined): string {
  if (value === undefined) return 'unknown';
  return value ? 'yes' : 'no';
}
