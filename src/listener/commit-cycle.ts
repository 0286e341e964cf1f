import { type CoalescedRange, setCoalescingReporter } from '../region/device/coalescing.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import {
  inTransaction,
  setTransactionObserver,
  takePending,
  transactionWithoutFlush,
} from '../region/tree/transaction.ts'
import { renderStaleViewers } from '../region/tree/viewers.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import { clipCoalesced } from './coalesced-sections.ts'
import { commitViews } from './commit-views.ts'
import { attempt, callForward, callReverse, collectErrors } from './listener-calls.ts'
import type { Registration } from './registration.ts'
import { anyListener, bufferingListeners, listenedSpaces } from './registrations.ts'

/** True while callbacks are being made: what they ask for is put into `deferred`, and done after them. */
let calling = false
const deferred: (() => void)[] = []
let flushing = false
/** What flushes threw when the open transaction began, or one within it. The end of the open one throws the first. */
const flushErrors: unknown[] = []

/**
 * Has listeners told of transactions, and every view rendered when a transaction ends. That stops at the end of a
 * transaction after which there is no listener: views are then rendered when somebody looks, which costs less.
 */
export function observeTransactions(): void {
  renderStaleViewers()
  setTransactionObserver({ begin, commit })
  setCoalescingReporter({ callOrDefer, report, flush })
}

/**
 * Makes callbacks within a transaction, so that what they change is rendered and told after it. From within another
 * callback it is done later: when the running commit, and what it left to be rendered, have been told of.
 *
 * @throws What `task` throws, else what was thrown first by the callbacks that it led to.
 */
export function callOrDefer(task: () => void): void {
  if (calling) deferred.push(task)
  else callNow(task)
}

/** Makes callbacks at once, also from within another callback: for calls that return something. */
export function callNow(task: () => void): void {
  collectErrors(() => transactionWithoutFlush(() => attempt(() => runCallbacks(task))))
}

/** As `callOrDefer`, and not before the transaction that is open has ended. */
export function callAfterTransaction(task: () => void): void {
  if (inTransaction()) deferred.push(task)
  else callOrDefer(task)
}

function runCallbacks(task: () => void): void {
  const outer = calling
  calling = true
  try {
    task()
  } finally {
    calling = outer
  }
}

/** An outermost transaction ends: tells what has changed, again and again until callbacks neither change nor defer anything. */
function commit(): void {
  collectErrors(() => {
    for (;;) {
      const pending = takePending()
      const task = pending === undefined ? deferred.shift() : () => commitViews(pending)
      throwFlushErrors()
      if (task === undefined) break
      attempt(() => runCallbacks(task))
    }
    if (!anyListener()) setTransactionObserver(undefined)
  })
}

/** A transaction begins. What a flush throws waits for its end: the transaction is made all the same. */
function begin(): void {
  try {
    flush()
  } catch (error) {
    flushErrors.push(error)
    // The flush may have unregistered the last listener, and what ended with that would leave the error to somebody else.
    observeTransactions()
  }
}

function throwFlushErrors(): void {
  for (const error of flushErrors.splice(0))
    attempt(() => {
      throw error
    })
}

/** Has the writes made that were buffered (RULES H4). A flush makes accesses, which flush nothing. */
function flush(): void {
  if (flushing) return
  flushing = true
  try {
    const listeners = bufferingListeners()
    const [first] = listeners
    // One most often, whose error waits for nobody: this comes before every access of its devices, and collecting would be 13 of 60 ns.
    if (listeners.length === 1 && first !== undefined) flushOne(first)
    else collectErrors(() => callForward(listeners, flushOne))
  } finally {
    flushing = false
  }
}

function flushOne({ listener, space, live }: Registration): void {
  // One that was unregistered by another's flush is not called.
  if (live) listener.coalescedIoFlush?.(space)
}

/** Within `callOrDefer`. */
function report(region: MemoryRegion, range: CoalescedRange, added: boolean): void {
  for (const { space, list } of listenedSpaces()) {
    for (const each of space.view.ranges.filter(seen => seen.region === region)) {
      const section = sectionOf(space, each)
      clipCoalesced(section, range, (address, length) => {
        if (added) callForward(list, ({ listener }) => listener.coalescedIoAdd?.(section, address, length))
        else callReverse(list, ({ listener }) => listener.coalescedIoDel?.(section, address, length))
      })
    }
  }
}
