import { resolve } from 'node:path';
import type { CommandContext } from '../context.ts';
import type { PolicyFlags, RequestFlags } from '../evaluate/flags.ts';
import { log } from '../log.ts';
import type { RequestOptions } from './build.ts';
import { firstOf, kindsDefinedBy, kindsOfCluster } from './discovery.ts';
import { parseDocuments, readDocuments, type Document } from './documents.ts';
import { subjectOf, type Subject } from './subject.ts';

type Flags = RequestFlags & Pick<PolicyFlags, 'kubeconfig' | 'context'> & { readonly requestPath: string };

/** Standard input can be read once, and several policies may be asked about it. */
const standardInput = new WeakMap<CommandContext, Promise<Uint8Array>>();

/** What the flags ask about. Throws InputError. */
export async function openSubjects(flags: Flags, raw: boolean, context: CommandContext): Promise<readonly Subject[]> {
  const documents = await documentsOf(flags.requestPath, context);
  const options = await requestOptions(flags, context);
  const { kubeconfig, context: name } = flags;
  const asksCluster = kubeconfig !== undefined || name !== undefined;
  const find = firstOf(
    kindsDefinedBy(documents),
    asksCluster ? kindsOfCluster({ kubeconfig, context: name }) : undefined,
  );
  const subjects: Subject[] = [];
  for (const document of documents) {
    const subject = await subjectOf(document, raw, options, find);
    if (subject.warning !== undefined) log(context, 'warn', subject.warning);
    subjects.push(subject);
  }
  return subjects;
}

async function documentsOf(path: string, context: CommandContext): Promise<readonly Document[]> {
  if (path !== '-') return readDocuments(resolve(context.cwd, path));
  const read = standardInput.get(context) ?? context.readStdin();
  standardInput.set(context, read);
  return parseDocuments(new TextDecoder().decode(await read), 'standard input');
}

async function requestOptions(flags: Flags, { cwd }: CommandContext): Promise<RequestOptions> {
  const { operation, oldObject, namespace, subresource, user, group } = flags;
  const [old] = oldObject === undefined ? [] : await readDocuments(resolve(cwd, oldObject));
  const named = user !== undefined || group !== undefined;
  return {
    ...(operation !== undefined && { operation }),
    oldObject: old?.value,
    namespace,
    subResource: subresource,
    user: named ? { username: user ?? 'kubernetes-admin', ...(group !== undefined && { groups: group }) } : undefined,
  };
}
