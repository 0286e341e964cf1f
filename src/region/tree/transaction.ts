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

/** Tells listeners of transactions. There is none until the first listener is registered. */
export interface TransactionObserver {
  /** Called before each transaction begins, nested ones too: has buffered writes made. Throws nothing. */
  begin(): void
  /**
   * Called when the outermost has ended; takes what is pending. Transactions that it opens are nested ones. It throws the
   * first thing that its callbacks have thrown, once all have been called.
   */
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

/** Somebody looks at the trees as they are now: a change that comes later counts as a new one. */
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

/** Hands over what is pending, so that nothing is; undefined where nothing was. */
export function takePending(): Pending | undefined {
  // An observer has views rendered when a transaction ends.
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
 *
 * Buffered writes are made before `body` runs (RULES C1), and the devices that get them may change any region tree. So
 * whoever changes a tree looks at it within `body`, and not before.
 */
export function transaction<T>(body: () => T): T {
  observer?.begin()
  return transactionWithoutFlush(body)
}

/** The same, and buffered writes stay buffered: for what listeners themselves are told and ask for. */
export function transactionWithoutFlush<T>(body: () => T): T {
  depth++
  let failed = true
  try {
    const value = body()
    failed = false
    return value
  } finally {
    if (depth > 1) depth--
    else end(failed)
  }
}

/** @param failed The body has thrown: that is what the caller hears of, whatever a listener throws after it. */
function end(failed: boolean): void {
  try {
    if (observer !== undefined) observer.commit()
    else for (const viewer of takePending()?.viewers ?? []) viewer.update()
  } catch (error) {
    if (!failed) throw error
  } finally {
    depth = 0
  }
}
