import { type AddressExplanation, type AddressLayer, explainAddress } from '../qemu/qemu.ts'
import { made } from './elements.ts'
import type { Space } from './machine-text.ts'
import { bytesText, hexText } from './text.ts'

/** Who answers at an address, the way there, what it hides and why, and what is disabled there. */
export function answerAt(space: Space, address: bigint): HTMLElement[] {
  const told = explainAddress(space, address)
  const { answer, hides, disabled } = told
  const parts = [headline(told)]
  if (answer !== undefined) parts.push(made('h3', {}, 'The way there'), wayTo(answer))
  if (hides.length > 0) {
    const items = hides.map(layer => made('li', {}, `${what(layer)}: ${layer.why}`))
    parts.push(made('h3', {}, 'It hides'), made('ul', { id: 'hides' }, ...items))
  }
  if (disabled.length > 0)
    parts.push(made('h3', {}, 'Disabled there'), made('ul', {}, ...disabled.map(layer => made('li', {}, what(layer)))))
  return parts
}

function headline({ address, answer, seen }: AddressExplanation): HTMLElement {
  const at = made('span', { class: 'mono' }, hexText(address))
  if (answer === undefined) return made('p', {}, at, ': nothing is mapped there. A read gives 0, and a DECODE_ERROR.')
  const size =
    seen === undefined
      ? ''
      : `, seen at ${hexText(seen.start)} to ${hexText(seen.end - 1n)}, ${bytesText(seen.end - seen.start)}`
  return made(
    'p',
    {},
    at,
    ': ',
    made('strong', {}, answer.region.name),
    ` + 0x${answer.offset.toString(16)} (${answer.type})${size}`,
  )
}

function wayTo({ path }: AddressLayer): HTMLElement {
  const steps = path.map(({ region, start, by }) => {
    const place = start < 0n ? `begins 0x${(-start).toString(16)} bytes below 0` : `at ${hexText(start)}`
    const how = by === 'alias' ? 'an alias of ' : ''
    return made('li', {}, `${how}${region.name}, ${place}${by === 'subregion' ? `, priority ${region.priority}` : ''}`)
  })
  return made('ol', { id: 'way' }, ...steps)
}

function what({ region, offset, type }: AddressLayer): string {
  return `${region.name} + 0x${offset.toString(16)} (${type})`
}
