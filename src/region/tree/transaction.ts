/** Who shows a region tree and has to look again when it changed: an address space. */
export interface Viewer {
  /** Ascending in order of creation. */
  readonly serial: number
  /** Called once at the end of the outermost transaction in which something it shows has changed. */
  update(): void
  /** Has the space that it shows look its sections up anew, of what it shows now. */
  forgetSections(): void
  /** Renders what has changed, where nobody has looked since. */
  renderIfStale(): void
}

/** What waits for the end of the outermost transaction. */
export interface Pending {
  /** Some map changed, seen by somebody or not (RULES B4). */
  readonly map: boolean
  /** Event notifiers changed. */
  readonly notifiers: boolean
  /** The viewers that have to look again, in order of creation. */
  readonly viewers: readonly Viewer[]
}

/** Who tells listeners of transactions. There is none until the first listener is registered. */
export interface TransactionObserver {
  /** Called before each transaction begins, nested ones too. */
  begin(): void
  /** Called when the outermost has ended; takes what is pending. Transactions that it opens are nested ones. */
  commit(): void
}

/**
 * The state of this thread's transactions (RULES C1). Region trees and spaces belong to one thread; only the bytes are
 * shared.
 */
let depth = 0
let epoch = 1
let mapPending = false
let notifiersPending = false
let dirty = new Set<Viewer>()
let observer: TransactionObserver | undefined

/** Changes carry the same number until somebody looks at what they changed: to mark it once is enough. */
export function currentEpoch(): number {
  return epoch
}

/** From here on a change counts as a new one: somebody looks at the trees as they are now. */
export function nextEpoch(): void {
  epoch++
}

export function markDirty(viewer: Viewer): void {
  mapPending = true
  dirty.add(viewer)
}

/** Something changed that perhaps nobody sees. */
export function markMap(): void {
  mapPending = true
}

/** Event notifiers changed (RULES C2). */
export function markNotifiers(): void {
  notifiersPending = true
}

export function inTransaction(): boolean {
  return depth > 0
}

/** Somebody tells listeners of transactions: views are rendered at their ends. */
export function isObserved(): boolean {
  return observer !== undefined
}

/** @param one Undefined ends it. */
export function setTransactionObserver(one: TransactionObserver | undefined): void {
  observer = one
}

/** Undefined where nothing is pending. From here on nothing is. */
export function takePending(): Pending | undefined {
  // Who is told of transactions has views rendered at their ends.
  if (observer !== undefined) epoch++
  if (!mapPending && !notifiersPending) return undefined
  const taken = {
    map: mapPending,
    notifiers: notifiersPending,
    viewers: [...dirty].sort((a, b) => a.serial - b.serial),
  }
  mapPending = false
  notifiersPending = false
  dirty = new Set()
  return taken
}

/**
 * Runs `body`; all that it changes in region trees is rendered once, when the outermost transaction ends. Until then
 * accesses see the map as it was. What `body` throws is thrown on, after what it did change has been rendered.
 */
export function transaction<T>(body: () => T): T {
  observer?.begin()
  return transactionWithoutFlush(body)
}

/** The same, of which who tells listeners knows. */
export function transactionWithoutFlush<T>(body: () => T): T {
  depth++
  try {
    return body()
  } finally {
    if (depth > 1) depth--
    else end()
  }
}

function end(): void {
  try {
    if (observer !== undefined) observer.commit()
    else for (const viewer of takePending()?.viewers ?? []) viewer.update()
  } finally {
    depth = 0
  }
}
