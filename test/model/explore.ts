import type { Model } from './models.ts'
import { type Op, type Outcome, overlap, type Program, type Store } from './program.ts'
import { pieces, type Tearing, whole } from './tearing.ts'

/** An access, or the piece of one that is made at once, with its places in the state worked out. */
interface Step {
  readonly op: Op
  /** Where the state says that it is done. */
  readonly done: number
  /** The `done` of each step that must be done before. */
  readonly after: readonly number[]
  /** For a load, where its bytes go; for a guarded store, the register that decides. */
  readonly register: number
  /** For a load, the earlier stores of its thread that it may be forwarded from, latest first. */
  readonly forwards: readonly Step[]
}

/** Ten times what any test here has: a program with more is refused, so that a test fails rather than takes minutes. */
const MOST_STATES = 50_000

/**
 * Every outcome of a program under a model, by a depth-first search of all executions. A state is the memory, then the
 * registers, then one byte for each step that says whether it is done; a state that was seen is not searched again.
 *
 * @throws RangeError where the program has too many states.
 */
export function* explore(program: Program, model: Model, tearing: Tearing = whole): Generator<Outcome, void> {
  const { memory, threads } = program
  const registers = layOut(program)
  const loads = threads.flat().filter(op => op.kind === 'load')
  const kept = loads.reduce((bytes, { width }) => bytes + width, memory.length)
  const steps: Step[] = []
  for (const thread of threads) steps.push(...prepare(thread, model, tearing, registers, kept + steps.length))

  const outcomeOf = (state: Uint8Array): Outcome => {
    const read = (at: number, bytes: number): number[] => [...state.subarray(at, at + bytes)]
    const values = loads.map(({ register, width }) => [register, read(registers.get(register) ?? 0, width)])
    return { memory: read(0, memory.length), registers: Object.fromEntries(values) }
  }
  const seen = new Set<string>()
  const stack: Uint8Array[] = [Uint8Array.from({ length: kept + steps.length }, (_, i) => memory[i] ?? 0)]
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const now = state
    if (!now.includes(0, kept)) yield outcomeOf(now)
    for (const step of steps) {
      if (now[step.done] === 1 || step.after.some(done => now[done] === 0)) continue
      const next = make(step, now)
      const key = String.fromCharCode(...next)
      if (seen.has(key)) continue
      if (seen.size === MOST_STATES) throw new RangeError(`more than ${MOST_STATES} states`)
      seen.add(key)
      stack.push(next)
    }
  }
}

/** Whether some execution ends so; looks no further than the first. */
export function allows(program: Program, model: Model, is: (end: Outcome) => boolean, tearing?: Tearing): boolean {
  for (const end of explore(program, model, tearing)) if (is(end)) return true
  return false
}

/** Where each register is in the state: behind the memory. */
function layOut({ memory, threads }: Program): ReadonlyMap<string, number> {
  const at = new Map<string, number>()
  let next = memory.length
  for (const op of threads.flat()) {
    if (op.kind !== 'load') continue
    if (at.has(op.register)) throw new RangeError(`register ${op.register} is loaded twice`)
    at.set(op.register, next)
    next += op.width
  }
  return at
}

function prepare(
  thread: readonly Op[],
  model: Model,
  tearing: Tearing,
  registers: ReadonlyMap<string, number>,
  firstDone: number,
): Step[] {
  const steps: Step[] = []
  for (const op of thread) {
    // Pieces of one access don't wait for one another.
    const earlier = [...steps]
    for (const { op: piece, offset } of pieces(op, tearing)) {
      const forwards = piece.kind === 'load' ? earlier.filter(s => s.op.kind === 'store' && overlap(s.op, piece)) : []
      // A store waits for the branch around it, and a load for those around the stores that it may be forwarded from.
      const branches = [piece, ...forwards.map(step => step.op)].map(branchOn)
      const after = earlier.filter(
        step => model(step.op, piece) || (step.op.kind === 'load' && branches.includes(step.op.register)),
      )
      const register =
        piece.kind === 'load' ? (registers.get(piece.register) ?? 0) + offset : registers.get(branchOn(piece) ?? '')
      steps.push({
        op: piece,
        done: firstDone + steps.length,
        after: after.map(step => step.done),
        register: register ?? -1,
        forwards: forwards.reverse(),
      })
    }
  }
  return steps
}

function branchOn(op: Op): string | undefined {
  return op.kind === 'store' ? op.when?.register : undefined
}

function make({ op, done, register, forwards }: Step, state: Uint8Array): Uint8Array {
  const next = state.slice()
  next[done] = 1
  if (op.kind === 'store' && taken(op, register, state)) next.set(op.bytes, op.address)
  if (op.kind === 'load')
    for (let i = 0; i < op.width; i++) next[register + i] = visible(forwards, op.address + i, state)
  return next
}

function taken({ when }: Store, register: number, state: Uint8Array): boolean {
  return when === undefined || when.equals.every((byte, i) => state[register + i] === byte)
}

/** One byte as the load's thread sees it: from its latest own store that waits, else from memory. */
function visible(forwards: readonly Step[], address: number, state: Uint8Array): number {
  for (const { op, done, register } of forwards) {
    if (op.kind !== 'store' || state[done] === 1 || !taken(op, register, state)) continue
    const byte = op.bytes[address - op.address]
    if (byte !== undefined) return byte
  }
  return state[address] as number
}
