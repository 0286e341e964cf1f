import { fence, load, type Op, type Order, type Outcome, type Program, store } from './program.ts'

/** A litmus test: a program and the outcome that is asked after, both by the names that the literature has for them. */
export interface Litmus {
  readonly name: string
  readonly program: Program
  readonly asks: (end: Outcome) => boolean
}

const X = 0
const Y = 1

/** x and y are a byte each. Every register and byte that `asked` names ends with the value given. */
function litmus(name: string, asked: Readonly<Record<string, number>>, ...threads: (readonly Op[])[]): Litmus {
  const asks = ({ memory, registers }: Outcome): boolean =>
    Object.entries(asked).every(
      ([at, value]) => value === (at === 'x' ? memory[X] : at === 'y' ? memory[Y] : registers[at]?.[0]),
    )
  return { name, program: { memory: [0, 0], threads }, asks }
}

/**
 * The shapes of Alglave, Maranget, Tautschnig, "Herding Cats" (2014), and the examples of Intel SDM vol. 3A, "Examples
 * Illustrating the Memory-Ordering Principles", all stores in one order, and all loads.
 */
export function shapes(stores: Order, loads: Order = stores): Litmus[] {
  const w = (address: number, value: number): Op => store(address, [value], stores)
  const r = (register: string, address: number): Op => load(register, address, 1, loads)
  return [
    // Message passing: the second of two stores is seen, the first is not.
    litmus('MP', { a: 1, b: 0 }, [w(X, 1), w(Y, 1)], [r('a', Y), r('b', X)]),
    // Store buffering: neither thread sees the other's store.
    litmus('SB', { a: 0, b: 0 }, [w(X, 1), r('a', Y)], [w(Y, 1), r('b', X)]),
    // Load buffering: each thread sees the store that follows the other's load.
    litmus('LB', { a: 1, b: 1 }, [r('a', X), w(Y, 1)], [r('b', Y), w(X, 1)]),
    // Two threads of two stores: the first of each is the one that stays.
    litmus('2+2W', { x: 1, y: 1 }, [w(X, 1), w(Y, 2)], [w(Y, 1), w(X, 2)]),
    // Independent reads of independent writes: two readers disagree on which came first.
    litmus('IRIW', { a: 1, b: 0, c: 1, d: 0 }, [w(X, 1)], [w(Y, 1)], [r('a', X), r('b', Y)], [r('c', Y), r('d', X)]),
    litmus('S', { a: 1, x: 2 }, [w(X, 2), w(Y, 1)], [r('a', Y), w(X, 1)]),
    litmus('R', { a: 0, y: 2 }, [w(X, 1), w(Y, 1)], [w(Y, 2), r('a', X)]),
    // Write to read causality: what a second reader is told by the first is not seen by it.
    litmus('WRC', { a: 1, b: 1, c: 0 }, [w(X, 1)], [r('a', X), w(Y, 1)], [r('b', Y), r('c', X)]),
    // SB with each thread reading its own store first: forwarded, while the other does not see it.
    litmus('SB+rfis', { a: 1, b: 0, c: 1, d: 0 }, [w(X, 1), r('a', X), r('b', Y)], [w(Y, 1), r('c', Y), r('d', X)]),
    // Coherence of reads: the new value, then the old one, of one location.
    litmus('CoRR', { a: 1, b: 0 }, [w(X, 1)], [r('a', X), r('b', X)]),
    litmus(
      'CoRR of two readers',
      { a: 1, b: 2, c: 2, d: 1 },
      [w(X, 1)],
      [w(X, 2)],
      [r('a', X), r('b', X)],
      [r('c', X), r('d', X)],
    ),
    litmus('CoWW', { x: 1 }, [w(X, 1), w(X, 2)]),
    litmus('CoWR', { a: 2, x: 1 }, [w(X, 1), r('a', X)], [w(X, 2), r('b', X)]),
    litmus('CoWWR', { a: 1 }, [w(X, 1), w(X, 2), r('a', X)]),
    litmus('CoRW1', { a: 1 }, [r('a', X), w(X, 1)]),
    litmus('CoRW2', { a: 1, x: 1 }, [r('a', X), w(X, 2)], [w(X, 1)]),
  ]
}

/** One side ordered, or both by other means. */
export function mixtures(): Litmus[] {
  const [a, p] = ['atomic', 'plain'] as const
  const message = (first: Order, flag: Order, poll: Order, look: Order): (readonly Op[])[] => [
    [store(X, [1], first), store(Y, [1], flag)],
    [load('a', Y, 1, poll), load('b', X, 1, look)],
  ]
  const seen = { a: 1, b: 0 }
  const branch = (register: string) => ({ register, equals: [1] })
  return [
    litmus('MP, writer atomic', seen, ...message(a, a, p, p)),
    litmus('MP, reader atomic', seen, ...message(p, p, a, a)),
    // Release and acquire: the flag alone orders the rest.
    litmus('MP, flag atomic', seen, ...message(p, a, a, p)),
    // A release holds back what comes after it no more than a plain store does.
    litmus('MP, data atomic', seen, ...message(a, p, a, a)),
    litmus('MP+fences', seen, [store(X, [1]), fence, store(Y, [1])], [load('a', Y), fence, load('b', X)]),
    litmus('SB+fences', { a: 0, b: 0 }, [store(X, [1]), fence, load('a', Y)], [store(Y, [1]), fence, load('b', X)]),
    // XCHG for the store is all that sequential consistency takes on an x86.
    litmus('SB, stores atomic', { a: 0, b: 0 }, [store(X, [1], a), load('a', Y)], [store(Y, [1], a), load('b', X)]),
    // A store does not pass the branch around it.
    litmus(
      'LB+ctrls',
      { a: 1, b: 1 },
      [load('a', X), store(Y, [1], p, branch('a'))],
      [load('b', Y), store(X, [1], p, branch('b'))],
    ),
    // Taken, and yet not made; and made, and yet not seen by its own thread.
    litmus('branch lost', { a: 1, y: 0 }, [store(X, [1])], [load('a', X), store(Y, [1], p, branch('a'))]),
    litmus('CoWR+ctrl', { a: 1, b: 0 }, [store(X, [1])], [load('a', X), store(Y, [1], p, branch('a')), load('b', Y)]),
    litmus('MP+fence+po', seen, [store(X, [1]), fence, store(Y, [1])], [load('a', Y), load('b', X)]),
  ]
}
