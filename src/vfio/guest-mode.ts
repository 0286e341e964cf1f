import { CACHE_MODES, type CacheMode, HOST_PROFILES, type HostName, type HostProfile } from 'guestmem'
import { flagAt, memberOf, objectAt, oneOf } from './fields.ts'

/** What a guest's own mapping of a passed-through region may come to. */
export interface GuestMode {
  /** In the order of CACHE_MODES. What each lets the guest do is `host.access[mode]`. */
  readonly modes: readonly CacheMode[]
  /** Who says so. */
  readonly source: string
}

/**
 * How a guest under KVM may effectively map what the host maps as `mode`, by the memory types it chooses itself: with
 * them it may do to a BAR what the host may not through its own mapping (H7). It says nothing of what the emulator may do.
 *
 * @param host Its name counts.
 * @param mode How the host's driver maps the region for the emulator.
 * @param kvmAnyUncached The driver lets KVM map it with any uncached type: VM_ALLOW_ANY_UNCACHED, as vfio-pci sets it.
 */
export function guestMode(host: HostProfile, mode: CacheMode, kvmAnyUncached: boolean): GuestMode {
  const name = oneOf(memberOf(objectAt(host, 'host'), 'name'), Object.keys(HOST_PROFILES) as HostName[], 'host.name')
  const mapped = oneOf(mode, CACHE_MODES, 'mode')
  const anyUncached = flagAt(kvmAnyUncached, 'kvmAnyUncached')
  switch (name) {
    case 'aarch64':
      return aarch64(mapped, anyUncached)
    case 'x86-64':
      return x86(mapped)
    case 'ppc64':
      return ppc64(mapped)
    default:
      return {
        modes: [mapped],
        source: `how KVM on ${name} combines the two mappings is not recorded here: taken as the host's own`,
      }
  }
}

const KVM_ARM64 = 'Linux arch/arm64/kvm/mmu.c, user_mem_abort'
const UNCACHED: readonly CacheMode[] = /* @__PURE__ */ Object.freeze(['writecombine', 'noncached', 'device'] as const)

function aarch64(mode: CacheMode, anyUncached: boolean): GuestMode {
  if (mode === 'normal')
    return {
      modes: ['normal'],
      source:
        `${KVM_ARM64}: a cacheable mapping of a device's memory is taken only with FEAT_S2FWB and DIC, as Normal at ` +
        'stage 2; Arm ARM (DDI 0487), "Stage 2 memory region type and Cacheability attributes when FEAT_S2FWB is ' +
        'enabled": that forces Normal Write-Back. VM_ALLOW_ANY_UNCACHED is not asked for',
    }
  if (anyUncached)
    return {
      modes: UNCACHED,
      source:
        `H7; ${KVM_ARM64}: VM_ALLOW_ANY_UNCACHED makes stage 2 Normal Non-cacheable; Arm ARM (DDI 0487), "Combining ` +
        'stage 1 and stage 2 memory type attributes": Normal of the guest becomes Normal Non-cacheable, Device stays',
    }
  return {
    modes: ['noncached', 'device'],
    source:
      `${KVM_ARM64}: without VM_ALLOW_ANY_UNCACHED stage 2 is Device-nGnRE; Arm ARM (DDI 0487), "Combining stage 1 and ` +
      'stage 2 memory type attributes": the result is Device, nGnRnE where the guest says so',
  }
}

function x86(mode: CacheMode): GuestMode {
  if (mode === 'normal')
    return {
      modes: CACHE_MODES,
      source:
        'Linux arch/x86/kvm: the page decides, not the mapping. Memory that the host counts as RAM is write-back in the ' +
        "EPT, and with a device that does not snoop the guest's PAT counts; other memory is as below noncached",
    }
  return {
    modes: UNCACHED,
    source:
      'Linux arch/x86/kvm/vmx/vmx.c, vmx_get_mt_mask: a page that is not RAM is uncached in the EPT, whatever its ' +
      'mapping; Intel SDM vol. 3C, "Memory Type Used for Translated Guest-Physical Addresses": write-combining by the ' +
      "guest's PAT prevails, all else is uncached (pgprot_device is pgprot_noncached)",
  }
}

function ppc64(mode: CacheMode): GuestMode {
  const check = 'Linux arch/powerpc/include/asm/kvm_book3s_64.h, hpte_cache_flags_ok'
  if (mode === 'normal')
    return { modes: ['normal'], source: `${check}: a page that the host maps cached must be mapped so by the guest` }
  return {
    modes: UNCACHED,
    source:
      `H7; ${check}: a page that the host maps Caching Inhibited must be mapped so by the guest, guarded or not: the ` +
      'three uncached modes are that, and none allows more than the host has',
  }
}
