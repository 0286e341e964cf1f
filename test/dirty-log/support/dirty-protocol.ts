/** What a thread that stores does, one step at a time; a `store` is of the one page that there is. */
export type Step =
  | { readonly kind: 'store'; readonly value: number }
  /** Marks: an atomic OR, which waits for the store buffer, as every locked instruction of an x86 does. */
  | { readonly kind: 'mark' }
  /** Looks at the mark: a plain load. */
  | { readonly kind: 'look' }
  /** Marks where the latest look found none. */
  | { readonly kind: 'mark if clean' }

interface State {
  readonly data: number
  readonly marked: number
  /** Stores that have not reached memory. */
  readonly buffer: readonly number[]
  readonly looked: number
  readonly writer: number
  readonly harvester: number
  readonly taken: number
  readonly copy: number
}

/** The harvester takes the mark, and copies the page where there was one; again and again, so often. */
const HARVESTS = 3

/**
 * Every interleaving of a thread that stores with one that harvests; of an x86 with its store buffer, or without.
 *
 * @returns True if in some of them a last harvest, when all is still, leaves a copy that is not the page.
 */
export function losesStore(steps: readonly Step[], buffered: boolean): boolean {
  const stack: State[] = [{ data: 0, marked: 0, buffer: [], looked: 0, writer: 0, harvester: 0, taken: 0, copy: 0 }]
  const seen = new Set<string>()
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    seen.add(key)
    const next = [...drain(state), ...write(state, steps, buffered), ...harvest(state)]
    if (next.length === 0 && (state.marked === 1 ? state.data : state.copy) !== state.data) return true
    stack.push(...next)
  }
  return false
}

function drain(state: State): State[] {
  const [value, ...buffer] = state.buffer
  return value === undefined ? [] : [{ ...state, data: value, buffer }]
}

function write(state: State, steps: readonly Step[], buffered: boolean): State[] {
  const step = steps[state.writer]
  if (step === undefined) return []
  const after = { ...state, writer: state.writer + 1 }
  if (step.kind === 'look') return [{ ...after, looked: state.marked }]
  if (step.kind === 'store')
    return [buffered ? { ...after, buffer: [...state.buffer, step.value] } : { ...after, data: step.value }]
  if (step.kind === 'mark if clean' && state.looked === 1) return [after]
  return state.buffer.length > 0 ? [] : [{ ...after, marked: 1 }]
}

function harvest(state: State): State[] {
  if (state.harvester === 2 * HARVESTS) return []
  const after = { ...state, harvester: state.harvester + 1 }
  if (state.harvester % 2 === 0) return [{ ...after, taken: state.marked, marked: 0 }]
  return [state.taken === 1 ? { ...after, copy: state.data, taken: 0 } : after]
}
