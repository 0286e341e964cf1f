import type { MachineDescription, RegionDescription } from './description.ts'
import { TYPE_WORDS } from './description.ts'
import { arrayAt, flagAt, hexAt, integerAt, nameAt, objectAt, refuse } from './fields.ts'
import { ownItem } from './own-fields.ts'
import { shownWord } from './shown-value.ts'

const FORMAT = 'qemu-mtree-corpus/1'
const MAX_ADDRESS = 2n ** 64n - 1n
const MAX_SIZE = 2n ** 64n

/** The index of the region that has this id. */
type IndexAt = (id: unknown, where: string) => number

/**
 * Reads a machine in the format qemu-mtree-corpus/1.
 *
 * @param json The text, or what JSON.parse made of it.
 * @throws TypeError naming the field that is not as it must be; SyntaxError where the text is no JSON.
 */
export function readMachineJson(json: unknown): MachineDescription {
  const file = objectAt(typeof json === 'string' ? JSON.parse(json) : json, 'json')
  if (file.format !== FORMAT) throw new TypeError(`json.format must be ${FORMAT}, got ${shownWord(file.format)}`)
  const list = arrayAt(file.regions, 'json.regions')
  const indexes = new Map<unknown, number>()
  const fields = each(list, 'json.regions', (value, where, index) => {
    const region = objectAt(value, where)
    const { id } = region
    if (typeof id !== 'number' && typeof id !== 'string') refuse('a number or a string', `${where}.id`, id)
    if (indexes.has(id)) refuse('the id of no other region', `${where}.id`, id)
    indexes.set(id, index)
    return region
  })
  const indexAt: IndexAt = (id, where) => indexes.get(id) ?? refuse('the id of a region', where, id)
  const regions = fields.map((region, index) => readRegion(region, `json.regions[${index}]`, indexAt))
  const spaces = each(arrayAt(file.address_spaces, 'json.address_spaces'), 'json.address_spaces', (value, where) => {
    const space = objectAt(value, where)
    return { name: nameAt(space.name, `${where}.name`), root: indexAt(space.root, `${where}.root`) }
  })
  return { regions, spaces, place: index => `json.regions[${index}]` }
}

function readRegion(region: Readonly<Record<string, unknown>>, where: string, indexAt: IndexAt): RegionDescription {
  const type = TYPE_WORDS.find(word => word === region.type)
  if (type === undefined) refuse(`one of ${TYPE_WORDS.join(', ')}`, `${where}.type`, region.type)
  const given = region.alias ?? undefined
  const alias = given === undefined ? undefined : objectAt(given, `${where}.alias`)
  const contained = arrayAt(region.subregions ?? [], `${where}.subregions`)
  if (alias !== undefined && contained.length > 0)
    refuse('empty, as an alias has no subregions', `${where}.subregions`, contained)
  return {
    name: nameAt(region.name, `${where}.name`),
    type,
    address: hexAt(region.addr, `${where}.addr`, MAX_ADDRESS),
    size: hexAt(region.size, `${where}.size`, MAX_SIZE),
    priority: integerAt(region.priority, `${where}.priority`, -(2 ** 31), 2 ** 31 - 1),
    enabled: flagAt(region.enabled, `${where}.enabled`, true),
    readonly: flagAt(region.readonly, `${where}.readonly`, false),
    nonvolatile: flagAt(region.nonvolatile, `${where}.nonvolatile`, false),
    terminates: flagAt(region.terminates, `${where}.terminates`, false),
    subregions: each(contained, `${where}.subregions`, indexAt),
    alias: alias && {
      target: indexAt(alias.target, `${where}.alias.target`),
      offset: hexAt(alias.offset, `${where}.alias.offset`, MAX_ADDRESS),
    },
  }
}

/** The elements of an array, each read in its turn: the first that is wrong ends it, however long the array says it is. */
function each<T>(
  list: readonly unknown[],
  where: string,
  read: (item: unknown, where: string, index: number) => T,
): T[] {
  const items: T[] = []
  for (let i = 0; i < list.length; i++) items.push(read(ownItem(list, i), `${where}[${i}]`, i))
  return items
}
