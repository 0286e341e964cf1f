import { type Op, overlap } from './program.ts'

/**
 * A memory model as a table of what may pass what: whether `later` waits for `earlier`, of one thread. All of them have
 * one memory that every thread sees at the same moment (multi-copy atomicity), and a load takes from its own thread's
 * stores that have not reached memory yet (store forwarding).
 *
 * Each model allows what the one before it does, and more.
 */
export type Model = (earlier: Op, later: Op) => boolean

export type ModelName = 'sc' | 'tso' | 'weak'

/** Sequential consistency (Lamport 1979): nothing passes anything. */
function sc(): boolean {
  return true
}

/**
 * x86-TSO (Owens, Sarkar, Sewell 2009): a load may pass an earlier store, and nothing else. That is the FIFO store buffer
 * of Intel SDM vol. 3A "Memory Ordering" and AMD64 APM vol. 2 "Memory System", without the buffer: a store waits for
 * what came before it, and a load looks at the stores that still wait. reference.ts has the buffer; the two are
 * compared. z/Architecture (Principles of Operation, chapter 5, "Storage-Operand Consistency") and SPARC's TSO are the
 * same. An atomic store drains the buffer, as XCHG does; an atomic load is a plain one.
 *
 * A load that overlaps waiting stores in part is forwarded byte by byte here, where an x86 waits instead: more is
 * allowed than happens.
 */
function tso(earlier: Op, later: Op): boolean {
  if (earlier.kind !== 'store' || later.kind !== 'load') return true
  return earlier.order === 'atomic'
}

/**
 * Arm (Arm ARM chapter B2), POWER (Power ISA Book II, "Storage Model"), RISC-V (RVWMO) and what a compiler may do: plain
 * accesses to different bytes are not ordered. What is left:
 *
 * - coherence: accesses that overlap stay in order, except that a load may be forwarded from an earlier store;
 * - an atomic load is an acquire, an atomic store a release, and atomics keep their order among themselves: Arm's LDAR
 *   and STLR, RISC-V's .aq and .rl, and no more than that. A plain access may pass an earlier atomic store.
 *
 * An atomic access here is the instruction that engines make of one. The ECMAScript and WebAssembly models themselves
 * order a store before a load of another thread only where both are atomic and of the same range (synchronizes-with);
 * of a guest that polls one byte of a wider store they say nothing, and every CPU named above does.
 *
 * POWER lets two threads see the stores of a third at different moments. Here they can't, but loads may be out of order,
 * which gives the same verdicts unless dependencies hold the loads in order (IRIW+addrs). The stores of one writer are
 * the matter here, and no verdict on them rests on that.
 */
function weak(earlier: Op, later: Op): boolean {
  if (earlier.kind === 'fence' || later.kind === 'fence') return true
  if (overlap(earlier, later) && !(earlier.kind === 'store' && later.kind === 'load')) return true
  if (earlier.order === 'atomic' && (earlier.kind === 'load' || later.order === 'atomic')) return true
  return later.order === 'atomic' && later.kind === 'store'
}

export const MODELS: Readonly<Record<ModelName, Model>> = { sc, tso, weak }

export const MODEL_NAMES: readonly ModelName[] = ['sc', 'tso', 'weak']
