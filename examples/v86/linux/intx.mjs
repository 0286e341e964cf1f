// The interrupt's bits of PCI's command and status registers. v86 keeps these registers and leaves the bits to the card;
// Linux's drivers for user space mask a card's interrupt by them.

const INTERRUPT_DISABLE = 1 << 10
const INTERRUPT_STATUS = 1 << (16 + 3)

/**
 * As `bridge.plug`, of a card whose interrupt can be masked in its configuration space.
 *
 * @param {import('../bridge.mjs').V86Bridge} bridge
 */
export function plugMaskable(bridge, config, make) {
  const { pci } = bridge.cpu.devices
  let level = false
  let setLine
  const bar = (bus, lines) => {
    setLine = lines.setInterrupt
    const setInterrupt = raised => {
      level = raised
      update()
    }
    return make(bus, { ...lines, setInterrupt })
  }
  const card = bridge.plug(config, bar)
  const id = card.slot << 3
  const update = () => {
    const registers = pci.device_spaces[id]
    registers[1] = level ? registers[1] | INTERRUPT_STATUS : registers[1] & ~INTERRUPT_STATUS
    setLine(level && (registers[1] & INTERRUPT_DISABLE) === 0)
  }
  for (const name of ['pci_write8', 'pci_write16', 'pci_write32']) {
    const write = pci[name]
    pci[name] = (address, value) => {
      write.call(pci, address, value)
      if (((address >> 8) & 0xffff) === id) update()
    }
  }
  return card
}
