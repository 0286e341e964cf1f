/**
 * A region tree that is asked one address at a time: slow, and plain enough to be checked against RULES A-C by reading.
 */
export interface Node {
  readonly name: string
  readonly kind: 'container' | 'alias' | 'leaf'
  size: number
  address: number
  priority: number
  enabled: boolean
  readonly: boolean
  nonvolatile: boolean
  /** Of a ROM device. */
  romd: boolean | undefined
  /** Of memory: its DirtyClients. */
  logged: number | undefined
  container: Node | undefined
  /** In queue order: the one that is asked first comes first. */
  queue: Node[]
  readonly target: Node | undefined
  offset: number
}

/** What is seen at an address. */
export interface Hit {
  readonly node: Node
  readonly offset: number
  readonly readonly: boolean
  readonly nonvolatile: boolean
  /** The flag of the region itself (E2). */
  readonly rom: boolean
  /** A ROM device that is read directly (A3). */
  readonly romd: boolean
  /** The region's own (F1). */
  readonly dirtyLogMask: number
}

export interface Range extends Hit {
  readonly start: number
  readonly end: number
}

export function makeNode(name: string, kind: Node['kind'], size: number, target?: Node, offset = 0): Node {
  const flags = { enabled: true, readonly: false, nonvolatile: false, romd: undefined, logged: undefined }
  const unmapped = { address: 0, priority: 0, ...flags, container: undefined }
  return { name, kind, size, ...unmapped, queue: [], target, offset }
}

/** B1: before the first whose priority is the same or lower. */
export function insert(container: Node, address: number, node: Node, priority: number): void {
  const place = container.queue.findIndex(sibling => sibling.priority <= priority)
  container.queue.splice(place === -1 ? container.queue.length : place, 0, node)
  Object.assign(node, { address, priority, container })
}

/** B3. */
export function remove(node: Node): void {
  const queue = (node.container as Node).queue
  queue.splice(queue.indexOf(node), 1)
  node.container = undefined
}

/** For each node, at which of its bytes something is the case. */
type Places = Map<Node, Set<number>>

/**
 * C4, for the byte at `at` of `node`.
 *
 * @param holes Where nothing was found while the tree was as it is. A container with two aliases of itself would else be
 *   asked twice as often with each byte by which they shrink: for ever, where that is 64 times.
 */
export function lookUp(
  node: Node,
  at: number,
  readonly = false,
  nonvolatile = false,
  holes: Places = new Map(),
): Hit | undefined {
  if (!node.enabled || at < 0 || at >= node.size || holes.get(node)?.has(at)) return undefined
  const marks = [readonly || node.readonly, nonvolatile || node.nonvolatile] as const
  const next = node.target === undefined ? node.queue : [node.target]
  for (const each of next) {
    const hit = lookUp(each, node.target === undefined ? at - each.address : at + node.offset, ...marks, holes)
    if (hit !== undefined) return hit
  }
  if (node.kind !== 'leaf') {
    mark(holes, node, at)
    return undefined
  }
  const own = { rom: node.readonly, romd: node.romd === true, dirtyLogMask: node.logged ?? 0 }
  return { node, offset: at, readonly: marks[0], nonvolatile: marks[1], ...own }
}

/** C5: what is seen at the addresses from 0 to `limit`, neighbours merged. */
export function ranges(root: Node, limit: number): Range[] {
  const found: Range[] = []
  const holes: Places = new Map()
  for (let address = 0; address < limit; address++) {
    const hit = lookUp(root, address, false, false, holes)
    if (hit === undefined) continue
    const last = found.at(-1)
    if (
      last !== undefined &&
      last.end === address &&
      last.node === hit.node &&
      last.readonly === hit.readonly &&
      last.nonvolatile === hit.nonvolatile &&
      last.romd === hit.romd &&
      last.offset + address - last.start === hit.offset
    )
      found[found.length - 1] = { ...last, end: address + 1 }
    else found.push({ start: address, end: address + 1, ...hit })
  }
  return found
}

/**
 * C3. A readonly or nonvolatile region is not passed over: what lies below it would lose the flag that C4 gives it.
 */
export function viewRoot(node: Node): Node | undefined {
  if (!node.enabled) return undefined
  const seen = node.queue.filter(({ enabled }) => enabled)
  const marks = node.readonly || node.nonvolatile
  if (node.target !== undefined)
    return !marks && node.offset === 0 && node.size >= node.target.size ? viewRoot(node.target) : node
  if (node.kind !== 'container') return node
  const [only, second] = seen
  if (only === undefined) return undefined
  if (second === undefined && !marks && only.address === 0 && only.size <= node.size) return viewRoot(only)
  return node
}

/** True if a change of `node` can be seen from `root`. */
export function canSee(root: Node, node: Node, visited: Set<Node> = new Set<Node>()): boolean {
  if (root === node) return true
  if (!root.enabled || visited.has(root)) return false
  visited.add(root)
  return [...root.queue, ...(root.target ? [root.target] : [])].some(next => canSee(next, node, visited))
}

/** Where the byte at `at` of a node is looked for next. */
function* steps(node: Node, at: number): Generator<readonly [Node, number]> {
  if (!node.enabled || at < 0 || at >= node.size) return
  if (node.target !== undefined) yield [node.target, at + node.offset]
  else for (const child of node.queue) yield [child, at - child.address]
}

/** A6: true if some byte of `node` is looked for within itself again. */
export function isEndless(node: Node): boolean {
  const open: Places = new Map()
  const done: Places = new Map()
  const walk = (each: Node, at: number): boolean => {
    if (open.get(each)?.has(at)) return true
    if (done.get(each)?.has(at)) return false
    mark(open, each, at)
    for (const [next, offset] of steps(each, at)) if (walk(next, offset)) return true
    open.get(each)?.delete(at)
    mark(done, each, at)
    return false
  }
  for (let at = 0; at < node.size; at++) if (walk(node, at)) return true
  return false
}

function mark(places: Places, node: Node, at: number): void {
  const known = places.get(node)
  if (known === undefined) places.set(node, new Set([at]))
  else known.add(at)
}

/** A6: true if `node` shows itself no deeper, and asks for all of its bytes no more nodes, than `most` says. */
export function turnsWithin(node: Node, most: { readonly nesting: number; readonly visits: number }): boolean {
  let visits = 0
  const walk = (each: Node, at: number, nesting: number): boolean => {
    if (!each.enabled || at < 0 || at >= each.size) return true
    const turn = each === node ? nesting + 1 : nesting
    visits++
    if (turn > most.nesting || visits > most.visits) return false
    for (const [next, offset] of steps(each, at)) if (!walk(next, offset, turn)) return false
    return true
  }
  for (let at = 0; at < node.size; at++) if (!walk(node, at, 0)) return false
  return true
}
