import fc from 'fast-check'
import {
  AddressSpace,
  atomicAdd16,
  atomicAdd32,
  atomicAdd64,
  atomicCompareExchange32,
  atomicExchange32,
  type CacheMode,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  tap,
} from 'guestmem'
import { expect, test } from 'vitest'
import { runs } from '../support/campaign.ts'

const SIZE = 256
const ram = GuestRam.allocate(16 * 4096)
const blocks = [ram.block('plain', SIZE), ram.block('tapped', SIZE)] as const

const accesses: Record<string, (space: AddressSpace, at: number) => number | bigint> = {
  atomicAdd16: (space, at) => atomicAdd16(space, at, 5),
  atomicAdd32: (space, at) => atomicAdd32(space, at, 5),
  atomicExchange32: (space, at) => atomicExchange32(space, at, 77),
  atomicCompareExchange32: (space, at) => atomicCompareExchange32(space, at, 0x0807_0605, 77),
  atomicAdd64: (space, at) => atomicAdd64(space, at, 5n),
}

// Behind an IOMMU's block lies another, which may lead elsewhere, or nowhere: no access goes over its end.
test.each(Object.keys(accesses))('K2, I5 %s over the end of a tapped IOMMU block is what it is without a tap', name => {
  const access = accesses[name] as (typeof accesses)[string]
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 3, 7, 15, 63),
      fc.nat(9),
      fc.nat(SIZE - 80),
      fc.constantFrom<CacheMode>('normal', 'device'),
      fc.constantFrom('reject', 'split'),
      fc.constantFrom('space', 'target', 'region'),
      fc.constantFrom('before', 'after'),
      (mask, off, at, cacheMode, seams, what, when) => {
        const ends = blocks.map((block, index) => {
          block.view().set(Uint8Array.from({ length: SIZE }, (_, i) => i + 1))
          const memory = MemoryRegion.ram('memory', block, { cacheMode })
          const target = new AddressSpace('target', memory)
          const translate = (translated: number) => ({
            target,
            translated,
            mask,
            permissions: IommuPermissions.BOTH,
          })
          const root = MemoryRegion.container('root', 4096)
          root.addSubregion(off, new IommuMemoryRegion('iommu', { translate }, SIZE))
          const space = new AddressSpace('space', root, { seams: seams as 'reject' | 'split' })
          const tapped = what === 'space' ? space : what === 'target' ? target : memory
          const set = index === 0 ? undefined : tap(tapped, undefined, { when: when as 'before' }, () => {})
          try {
            return [access(space, at + off), space.result, [...block.view()]]
          } finally {
            set?.remove()
          }
        })
        expect(ends[1]).toEqual(ends[0])
      },
    ),
    runs(60),
  )
})
