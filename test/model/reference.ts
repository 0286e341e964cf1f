import type { Op, Outcome, Program, Store } from './program.ts'

/**
 * Two machines written down as their textbooks have them, with nothing shared with explore.ts: what it says of sc and
 * tso is compared with them.
 */

/** A machine between two steps. `buffers` has the stores of each thread that have not reached memory, oldest first. */
interface Machine {
  readonly memory: readonly number[]
  readonly registers: Outcome['registers']
  /** How many accesses each thread has made. */
  readonly made: readonly number[]
  readonly buffers: readonly (readonly Store[])[]
}

/** Sequential consistency: all interleavings, each followed to its end. */
export function interleavings(program: Program): Set<string> {
  return endings(program, (machine, op, thread) => [
    op.kind === 'store' ? { ...machine, memory: written(machine, op) } : readBy(machine, op, thread),
  ])
}

/** x86-TSO: each thread has a FIFO store buffer, which it reads its own bytes from; XCHG and MFENCE wait until it is empty. */
export function storeBuffers(program: Program): Set<string> {
  return endings(program, (machine, op, thread) => {
    const buffer = machine.buffers[thread] as readonly Store[]
    if (op.kind === 'store' && op.order === 'plain') return [withBuffer(machine, thread, [...buffer, op])]
    if (op.kind === 'load') return [readBy(machine, op, thread)]
    if (buffer.length > 0) return []
    return [op.kind === 'store' ? { ...machine, memory: written(machine, op) } : machine]
  })
}

export function keyOf({ memory, registers }: Outcome): string {
  const named = Object.entries(registers).map(([name, bytes]) => `${name}=${bytes}`)
  return `${memory} ${named.sort().join(' ')}`
}

function endings(program: Program, step: (machine: Machine, op: Op, thread: number) => Machine[]): Set<string> {
  const ends = new Set<string>()
  const follow = (machine: Machine): void => {
    let last = true
    program.threads.forEach((ops, thread) => {
      const [oldest, ...younger] = machine.buffers[thread] as readonly Store[]
      if (oldest !== undefined) {
        last = false
        follow(withBuffer({ ...machine, memory: written(machine, oldest) }, thread, younger))
      }
      const op = ops[machine.made[thread] as number]
      if (op === undefined) return
      last = false
      const made = machine.made.map((count, i) => (i === thread ? count + 1 : count))
      const skipped = op.kind === 'store' && op.when && `${machine.registers[op.when.register]}` !== `${op.when.equals}`
      for (const next of skipped ? [machine] : step(machine, op, thread)) follow({ ...next, made })
    })
    if (last) ends.add(keyOf(machine))
  }
  const none = program.threads.map(() => [])
  follow({ memory: program.memory, registers: {}, made: program.threads.map(() => 0), buffers: none })
  return ends
}

function withBuffer(machine: Machine, thread: number, buffer: readonly Store[]): Machine {
  return { ...machine, buffers: machine.buffers.map((other, i) => (i === thread ? buffer : other)) }
}

function written({ memory }: Pick<Machine, 'memory'>, { address, bytes }: Store): number[] {
  return memory.map((byte, at) => bytes[at - address] ?? byte)
}

function readBy(machine: Machine, op: Op, thread: number): Machine {
  if (op.kind !== 'load') return machine
  const buffer = machine.buffers[thread] as readonly Store[]
  const seen = buffer.reduce((memory, waiting) => written({ memory }, waiting), [...machine.memory])
  const bytes = seen.slice(op.address, op.address + op.width)
  return { ...machine, registers: { ...machine.registers, [op.register]: bytes } }
}
