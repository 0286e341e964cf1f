import { expect, test } from 'vitest'
import { QtestClient } from './qtest-client.ts'
import { fwCfgMachine, pamMachine, testdevMachine } from './qtest-machines.ts'
import { type Exchange, StandIns, transcript } from './qtest-transcript.ts'

const TESTDEV = 'x86_64-q35-testdev-ioeventfd'

// Of the conversation with fw_cfg's DMA, the part in which it takes no access.
const CONVERSATIONS: [string, Exchange[], typeof pamMachine][] = [
  [
    'PAM: RAM, ROM and PCI change places, and a write through a readonly alias (RULES E2)',
    transcript('x86_64-pc-pam'),
    pamMachine,
  ],
  [
    'pci-testdev, memory: event notifiers take writes (RULES H1)',
    transcript(TESTDEV, '', 'test 3 portio'),
    testdevMachine,
  ],
  ['pci-testdev, ports', transcript(TESTDEV, 'test 3 portio'), testdevMachine],
  [
    'fw_cfg: a big-endian device of a little-endian target',
    transcript('aarch64-virt-fwcfg-dma', '', 'plain DMA read'),
    fwCfgMachine,
  ],
]

test.each(CONVERSATIONS)('%s', async (_, exchanges, build) => {
  const stands = new StandIns()
  const client = new QtestClient(build(stands))
  expect(exchanges.length).toBeGreaterThan(20)
  for (const exchange of exchanges) {
    stands.begin(exchange)
    const { request } = exchange
    const response = await client.ask(request)
    expect({ request, callbacks: stands.callbacks, response }).toEqual(exchange)
  }
  await client.close()
})
