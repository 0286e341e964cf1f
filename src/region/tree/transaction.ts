/** What shows a region tree, and has to look at it again when it has changed: an address space. */
export interface Viewer {
  /** Ascending in order of creation. */
  readonly serial: number
  /** Called once at the end of the outermost transaction in which something it shows has changed. */
  update(): void
  /** Has its space look its sections up anew, in the view that it shows now. */
  forgetSections(): void
  /** Renders the tree, if it has changed and nobody has looked since. */
  renderIfStale(): void
}

/** What is to be done at the end of the outermost transaction. */
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
   * Called when the outermost has ended; takes what is pending. Transactions that it opens are nested ones. It throws
   * the first thing that its callbacks have thrown, once all have been called.
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
let endings: (() => void)[] = []
let observer: TransactionObserver | undefined

/**
 * A number that grows when somebody looks at a tree. What was marked as changed under the same number is marked still.
 */
export function currentEpoch(): number {
  return epoch
}

/** To be called when somebody looks at the trees: changes that come later must be marked again. */
export function nextEpoch(): void {
  epoch++
}

export function markDirty(viewer: Viewer): void {
  mapPending = true
  dirty.add(viewer)
}

/** A map has changed, though perhaps no space shows what has changed. */
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

/** True if listeners are told of transactions: then views are rendered when they end. */
export function isObserved(): boolean {
  return observer !== undefined
}

/** @param one Undefined ends it. */
export function setTransactionObserver(one: TransactionObserver | undefined): void {
  observer = one
}

/** Calls `ending`, which throws nothing, once no space shows what the open transaction has taken away. */
export function whenShown(ending: () => void): void {
  if (depth > 0) endings.push(ending)
  else ending()
}

/** Returns what is pending; afterwards nothing is. Undefined where nothing was. */
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
 * Buffered writes are made before `body` runs (RULES C1), and the devices that get them may change any region tree.
 * What a change depends on is therefore looked at within `body`, not before the call.
 */
export function transaction<T>(body: () => T): T {
  observer?.begin()
  return transactionWithoutFlush(body)
}

/** The same without making buffered writes first: for changes that callbacks of listeners ask for. */
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

/** @param failed The body has thrown. Its error is the one that is thrown on, and not that of a listener. */
function end(failed: boolean): void {
  try {
    if (observer !== undefined) observer.commit()
    else for (const viewer of takePending()?.viewers ?? []) viewer.update()
  } catch (error) {
    if (!failed) throw error
  } finally {
    depth = 0
    const due = endings
    endings = []
    for (const ending of due) ending()
  }
}
