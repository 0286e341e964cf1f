import { type CoalescedRange, setCoalescingReporter } from '../region/device/coalescing.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import {
  inTransaction,
  type Pending,
  setTransactionObserver,
  takePending,
  transactionWithoutFlush,
} from '../region/tree/transaction.ts'
import { renderStaleViewers } from '../region/tree/viewers.ts'
import { sectionOf } from '../space/memory-region-section.ts'
import { clipCoalesced } from './coalesced-sections.ts'
import { commitViews } from './commit-views.ts'
import { attempt, callForward, callReverse, rethrow } from './listener-calls.ts'
import { allListeners, listenedSpaces } from './registrations.ts'

/** Callbacks are being made: what they ask for waits. */
let calling = false
const deferred: (() => void)[] = []
let flushing = false

/** From here on listeners are told of transactions, and views are rendered at their ends. */
export function observeTransactions(): void {
  renderStaleViewers()
  setTransactionObserver({ begin, commit })
  setCoalescingReporter({ callOrDefer, report, flush })
}

/**
 * Makes callbacks within a transaction, so that what they change is rendered and told after it. From within another
 * callback it is done later: when the running commit, and what it left to be rendered, have been told of.
 */
export function callOrDefer(task: () => void): void {
  if (calling) deferred.push(task)
  else {
    transactionWithoutFlush(() => runCallbacks(task))
    rethrow()
  }
}

/** The same, and not before the transaction that is open has ended. */
export function callAfterTransaction(task: () => void): void {
  if (inTransaction()) deferred.push(task)
  else callOrDefer(task)
}

function runCallbacks(task: () => void): void {
  calling = true
  attempt(task)
  calling = false
}

/** The end of an outermost transaction: until nothing is pending, and nothing waits. */
function commit(): void {
  for (;;) {
    const pending: Pending | undefined = takePending()
    const task = pending === undefined ? deferred.shift() : () => commitViews(pending)
    if (task === undefined) break
    runCallbacks(task)
  }
  rethrow()
}

/** What a flush throws waits for the transaction's end: what is changed by then must be seen. */
function begin(): void {
  attempt(flush)
}

/** Has the writes made that were buffered (RULES H4). A flush makes accesses, which flush nothing. */
function flush(): void {
  if (flushing) return
  flushing = true
  try {
    for (const { listener, space } of allListeners()) listener.coalescedIoFlush?.(space)
  } finally {
    flushing = false
  }
}

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
