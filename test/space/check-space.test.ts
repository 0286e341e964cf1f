import {
  AddressSpace,
  accessValid,
  IommuMemoryRegion,
  IommuNotifierFlag,
  IommuPermissions,
  MemoryRegion,
  MemoryRegionCache,
  ScatterGatherList,
  translate,
} from 'guestmem'
import { expect, test } from 'vitest'

const root = MemoryRegion.container('root', 4096)
const space = new AddressSpace('space', root)
const other = new AddressSpace('other', root)
const entry = (target: AddressSpace) => ({ target, translated: 0, mask: 0xfff, permissions: IommuPermissions.BOTH })

const DOORS: readonly (readonly [string, (given: AddressSpace) => unknown])[] = [
  ['space', given => translate(given, 0, 1)],
  ['space', given => accessValid(given, 0, 1)],
  ['space', given => new MemoryRegionCache(given, 0, 1)],
  ['space', given => new ScatterGatherList().add(given, 0, 1)],
  [
    'target of the entry',
    given => new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: () => entry(given) }, 4096)).load8(0),
  ],
  [
    'event.target',
    given =>
      new IommuMemoryRegion('iommu', { translate: () => entry(space) }, 4096).notify(0, {
        ...entry(given),
        type: IommuNotifierFlag.MAP,
        iova: 0,
      }),
  ],
]

const near = 'one of another copy of guestmem (ES module beside CommonJS), or a Proxy of one'
test.each<[string, () => unknown, string]>([
  ['a Proxy of one', () => new Proxy(space, {}), near],
  ['what has only its prototype', () => Object.create(AddressSpace.prototype), near],
  ['what inherits from one', () => Object.create(space), near],
  ["another's parts under its prototype", () => Object.assign(Object.create(AddressSpace.prototype), other), near],
  ['one of another copy of the class', () => ({ load32: () => 0, tree: {} }), near],
  ['a region', () => root, 'an object'],
  ['nothing', () => undefined, 'undefined'],
  ['a bigint', () => 5n, '5n'],
])('%s is no AddressSpace, and is refused by name', (_what, make, got) => {
  for (const [argument, door] of DOORS) {
    const call = () => door(make() as AddressSpace)
    expect(call).toThrow(TypeError)
    expect(call).toThrow(`${argument} must be an AddressSpace, got ${got}`)
  }
  for (const [, door] of DOORS) expect(() => door(space)).not.toThrow()
})
