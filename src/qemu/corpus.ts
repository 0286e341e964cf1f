import type { MachineDescription, RegionDescription } from './description.ts'
import { TYPE_WORDS } from './description.ts'
import { arrayAt, flagAt, hexAt, integerAt, objectAt, textAt } from './fields.ts'

const FORMAT = 'qemu-mtree-corpus/1'
const MAX_ADDRESS = 2n ** 64n - 1n
const MAX_SIZE = 2n ** 64n

/**
 * Reads a machine in the format qemu-mtree-corpus/1.
 *
 * @param json The text, or what JSON.parse made of it.
 * @throws TypeError naming the field that is not as it must be; SyntaxError where the text is no JSON.
 */
export function readCorpus(json: unknown): MachineDescription {
  const file = objectAt(typeof json === 'string' ? JSON.parse(json) : json, 'json')
  if (file.format !== FORMAT) throw new TypeError(`json.format must be ${FORMAT}, got ${String(file.format)}`)
  const list = arrayAt(file.regions, 'json.regions')
  const indexes = new Map<unknown, number>()
  for (const [index, region] of list.entries()) indexes.set(objectAt(region, `json.regions[${index}]`).id, index)
  const indexAt = (id: unknown, where: string): number => {
    const index = indexes.get(id)
    if (index === undefined) throw new TypeError(`${where} must be the id of a region, got ${String(id)}`)
    return index
  }
  const regions = list.map((region, index) => readRegion(region, `json.regions[${index}]`, indexAt))
  const spaces = arrayAt(file.address_spaces, 'json.address_spaces').map((each, index) => {
    const where = `json.address_spaces[${index}]`
    const space = objectAt(each, where)
    return { name: textAt(space.name, `${where}.name`), root: indexAt(space.root, `${where}.root`) }
  })
  return { regions, spaces }
}

function readRegion(value: unknown, where: string, indexAt: (id: unknown, where: string) => number): RegionDescription {
  const region = objectAt(value, where)
  const type = TYPE_WORDS.find(word => word === region.type)
  if (type === undefined)
    throw new TypeError(`${where}.type must be one of ${TYPE_WORDS.join(', ')}, got ${String(region.type)}`)
  const given = region.alias ?? undefined
  const alias = given === undefined ? undefined : objectAt(given, `${where}.alias`)
  return {
    name: textAt(region.name, `${where}.name`),
    type,
    address: hexAt(region.addr, `${where}.addr`, MAX_ADDRESS),
    size: hexAt(region.size, `${where}.size`, MAX_SIZE),
    priority: integerAt(region.priority, `${where}.priority`, -(2 ** 31), 2 ** 31 - 1),
    enabled: flagAt(region.enabled, `${where}.enabled`, true),
    readonly: flagAt(region.readonly, `${where}.readonly`, false),
    nonvolatile: flagAt(region.nonvolatile, `${where}.nonvolatile`, false),
    terminates: flagAt(region.terminates, `${where}.terminates`, false),
    subregions: arrayAt(region.subregions ?? [], `${where}.subregions`).map((id, index) =>
      indexAt(id, `${where}.subregions[${index}]`),
    ),
    alias: alias && {
      target: indexAt(alias.target, `${where}.alias.target`),
      offset: hexAt(alias.offset, `${where}.alias.offset`, MAX_ADDRESS),
    },
  }
}
