import { AARCH64_DEVICE, X86_UNCACHED } from './bus-rules.ts'
import { modelled } from './copier.ts'
import { AARCH64, devices, X86 } from './devices.ts'
import { bar } from './guests/bar.ts'
import type { Hazard } from './hazard.ts'
import { glibc } from './models/glibc.ts'
import { board, writes } from './ours.ts'
import { run } from './scenario.ts'

/** 512 bytes, so that they pass through a kernel. */
function taken(): string | undefined {
  const copier = writes('x86', board({ host: X86, lane: 'wasm', order: 'host' }, 'noncached'))
  const scenario = bar(X86_UNCACHED, 512)
  const { log, problem } = run(copier, scenario, scenario.place, [])
  const widths = log.filter(({ kind }) => kind === 'store').map(({ width }) => width)
  if (problem !== undefined) return problem
  return widths.length === 32 && widths.every(width => width === 16) ? undefined : `the stores were ${widths}`
}

export const h04: Hazard = {
  id: 'H4',
  slug: 'h04-vectors-to-devices',
  title: 'Vectors to uncached memory: good on x86, a fault elsewhere',
  cases: [
    {
      bad: modelled("x86's memcpy, carried to another CPU", glibc),
      scenario: bar(AARCH64_DEVICE, 64, [0, 4, 9]),
      ours: devices(writes, AARCH64, 'noncached'),
    },
  ],
  claims: [{ name: 'on x86 the opportunity is taken: 512 bytes are 32 stores of 16', check: taken }],
  picture: {
    bad: 'vectors, whatever the CPU',
    ours: 'guestmem on aarch64',
    caption: '64 bytes to a BAR that an aarch64 host mapped as Device memory. On x86 guestmem uses vectors too.',
    harm: 'last',
  },
}
