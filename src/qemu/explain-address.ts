import type { AddressSpace } from 'guestmem'
import { type AddressLayer, type AddressStep, addressLayers } from './address-layers.ts'
import { checkSpace } from './check-spaces.ts'
import { hex16 } from './hex.ts'
import { shownRanges } from './shown-ranges.ts'
import { shownValue } from './shown-value.ts'
import { visibleName } from './visible-name.ts'
import { NUMBER_LIMIT, WideRenderer } from './wide-view.ts'

/** A region that is not seen at an address, since another one is. */
export interface HiddenLayer extends AddressLayer {
  /** Why the one that answers is seen instead. */
  readonly why: string
}

/** Who answers at an address of a space, and what else lies there. */
export interface AddressExplanation {
  readonly space: AddressSpace
  /** Bytes. */
  readonly address: bigint
  /** Who answers; undefined where nothing is mapped. */
  readonly answer: AddressLayer | undefined
  /** The addresses around this one at which the same region is seen without a gap; `end` is the one behind the last. */
  readonly seen: { readonly start: bigint; readonly end: bigint } | undefined
  /** What lies there and is hidden: the one that would be seen next first. */
  readonly hides: readonly HiddenLayer[]
  /** What would lie there, seen or not, if nothing on its path were disabled. */
  readonly disabled: readonly AddressLayer[]
}

/**
 * Who answers at an address of a space and why: the way to the region from the space's root, through which aliases, and
 * what the region hides there by its priority (RULES B1), or as the later of two that have the same.
 *
 * @param address Bytes, 0 to 2^64 - 1; a number up to 2^53.
 * @throws TypeError where `space` is no AddressSpace, or `address` no number or bigint; RangeError where `address` is out
 *   of range, or too many aliases of aliases lie there.
 */
export function explainAddress(space: AddressSpace, address: number | bigint): AddressExplanation {
  checkSpace(space, 'space')
  const at = checkAddress(address)
  const { layers, disabled } = addressLayers(space.root, at)
  const [answer, ...others] = layers
  const hides = others.map(layer => ({ ...layer, why: whyHidden(layer.path, (answer as AddressLayer).path) }))
  return { space, address: at, answer, seen: answer && seenAround(space, at), hides, disabled }
}

function checkAddress(address: unknown): bigint {
  const expected = 'address must be an integer from 0 to 2^64 - 1'
  if (typeof address !== 'number' && typeof address !== 'bigint')
    throw new TypeError(`${expected}, got ${shownValue(address)}`)
  if (typeof address === 'number' && !Number.isSafeInteger(address))
    throw new RangeError(`${expected}, from 2^53 on a bigint, got ${address}`)
  if (address < 0 || address >= 2n ** 64n) throw new RangeError(`${expected}, got ${shownValue(address)}`)
  return BigInt(address)
}

/** @param at An address that something answers at. */
function seenAround(space: AddressSpace, at: bigint): AddressExplanation['seen'] {
  const near = at < NUMBER_LIMIT ? space.view.find(Number(at)) : undefined
  if (near !== undefined && BigInt(near.end) < NUMBER_LIMIT) return { start: BigInt(near.start), end: BigInt(near.end) }
  // What our addresses have no room for: ranges past 2^53, and windows on what lies there.
  const ranges = near === undefined ? new WideRenderer().ranges(space.root, 0n) : shownRanges(space)
  const range = ranges.find(({ start, end }) => start <= at && at < end)
  return range && { start: range.start, end: range.end }
}

/** Why what lies at the end of one path is hidden by what lies at the end of another, that wins. */
function whyHidden(hidden: readonly AddressStep[], winner: readonly AddressStep[]): string {
  const parting = hidden.findIndex((step, i) => step.region !== winner[i]?.region || step.start !== winner[i].start)
  // All of it is on the way to the winner.
  if (parting < 0) return 'what is in a region is seen before the region itself'
  const [lost, won] = [hidden[parting], winner[parting]] as [AddressStep, AddressStep | undefined]
  const container = hidden[parting - 1]
  if (won === undefined || container === undefined) return 'what is in a region is seen before the region itself'
  const [low, high] = [lost.region.priority, won.region.priority]
  const where = `in ${visibleName(container.region.name)}`
  if (high > low)
    return `${visibleName(won.region.name)} has priority ${high}, ${visibleName(lost.region.name)} ${low}, both ${where}`
  return `${visibleName(won.region.name)} and ${visibleName(lost.region.name)} both have priority ${high} ${where}: the one that was added later is seen`
}

/**
 * An explanation as text, of several lines: who answers, the way there, what it hides and why, and what is disabled there.
 * Characters of a name that would not be seen are printed as `\x0a`.
 *
 * @param explanation What `explainAddress` gave.
 */
export function formatExplanation(explanation: AddressExplanation): string {
  const { space, address, answer, seen, hides, disabled } = checkExplanation(explanation)
  const lines = [
    `0x${hex16(address)} in ${visibleName(space.name)}: ${answer === undefined ? 'nothing' : what(answer)}`,
  ]
  if (seen !== undefined) lines.push(`  seen at ${hex16(seen.start)}-${hex16(seen.end - 1n)}`)
  if (answer !== undefined) lines.push('', 'The way there:', ...answer.path.map(stepLine))
  if (hides.length > 0) {
    lines.push('', 'It hides:')
    for (const layer of hides) lines.push(`  ${what(layer)}`, `    ${layer.why}`)
  }
  if (disabled.length > 0) lines.push('', 'Disabled there:', ...disabled.map(layer => `  ${what(layer)}`))
  return lines.join('\n')
}

function checkExplanation(explanation: unknown): AddressExplanation {
  const { space, hides, disabled, address } = (explanation ?? {}) as Partial<AddressExplanation>
  if (typeof address === 'bigint' && Array.isArray(hides) && Array.isArray(disabled)) {
    checkSpace(space, 'explanation.space')
    return explanation as AddressExplanation
  }
  throw new TypeError(`explanation must be what explainAddress gave, got ${shownValue(explanation)}`)
}

function what({ region, offset, type }: AddressLayer): string {
  return `${visibleName(region.name)} + 0x${offset.toString(16)} (${type}, prio ${region.priority})`
}

function stepLine({ region, start, by }: AddressStep, depth: number): string {
  const { name, priority } = region
  const first = start < 0n ? `from 0x${(-start).toString(16)} bytes below 0` : `at ${hex16(start)}`
  const how = by === 'alias' ? 'is an alias of ' : ''
  return `${'  '.repeat(depth + 1)}${how}${visibleName(name)} ${first}${by === 'subregion' ? `, prio ${priority}` : ''}`
}
