import { get, has, setOf } from '../value/collections.ts';
import { formatValue } from '../value/format.ts';
import { isArray, isSet, type RegoObject, type RegoSet, type Value } from '../value/value.ts';
import type { Evaluation } from '../evaluation.ts';
import { BuiltinError, members, operands, type Family } from './builtin.ts';

/** The number of paths grows with the faculty of the nodes; more than this is no answer. */
const MOST_PATHS = 100_000;

export const graph: Family = {
  'graph.reachable': (args, { checkTime }) => {
    const { object, value } = operands(args);
    const graphOf = object(1);
    const queue = [...members(value(2), 2)];
    const reached = new Map<string, Value>();
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      checkTime();
      const key = formatValue(node);
      const edges = reached.has(key) ? undefined : get(graphOf, node);
      if (edges === undefined) continue;
      reached.set(key, node);
      queue.push(...neighbours(edges));
    }
    return setOf(reached.values());
  },
  'graph.reachable_paths': (args, evaluation) => {
    const { object, value } = operands(args);
    const walk: Walk = { graph: object(1), paths: [], evaluation };
    for (const node of members(value(2), 2)) {
      const edges = get(walk.graph, node);
      if (edges === undefined) continue;
      const next = neighbours(edges);
      if (next.length === 0) add(walk, [node]);
      for (const neighbour of next) follow(walk, neighbour, [node], setOf([node]));
    }
    return setOf(walk.paths);
  },
};

interface Walk {
  readonly graph: RegoObject;
  readonly paths: Value[];
  readonly evaluation: Evaluation;
}

function neighbours(edges: Value): readonly Value[] {
  if (isArray(edges)) return edges;
  return isSet(edges) ? edges.members : [];
}

function add({ paths, evaluation }: Walk, path: readonly Value[]): void {
  evaluation.checkTime();
  if (paths.length === MOST_PATHS) throw new BuiltinError(`more than ${MOST_PATHS} paths`);
  paths.push(path);
}

/** Ends a path where the graph does not go on, and where it would go round. */
function follow(walk: Walk, node: Value, path: readonly Value[], seen: RegoSet): void {
  walk.evaluation.checkTime();
  const edges = get(walk.graph, node);
  if (edges === undefined) return add(walk, path);
  const longer = [...path, node];
  const next = neighbours(edges);
  if (next.length === 0) return add(walk, longer);
  const visited = setOf([...seen.members, node]);
  for (const neighbour of next) {
    if (has(visited, neighbour)) add(walk, longer);
    else follow(walk, neighbour, longer, visited);
  }
}
