// A flattened device tree, as firmware is given one (Devicetree Specification, chapter 5).

const [BEGIN_NODE, END_NODE, PROPERTY, END] = [1, 2, 3, 9]
const MAGIC = 0xd00d_feed
const VERSION = 17
const COMPATIBLE_VERSION = 16
const HEADER_BYTES = 40
/** One entry of zeros: nothing is reserved. */
const RESERVATIONS_BYTES = 16

/**
 * A property is a text, several of them, numbers of 32 bits, or `true` where it is enough that it is there; what is an object is
 * a node.
 *
 * @typedef {string | string[] | number | number[] | true} Property
 * @typedef {{ [name: string]: Property | Node }} Node
 *
 * @param {Node} root
 * @returns {Uint8Array}
 */
export function flattenedDeviceTree(root) {
  /** @type {Buffer[]} */
  const structure = []
  const names = new Map()
  let namesBytes = 0
  const word = value => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value >>> 0)
    return bytes
  }
  const text = value => Buffer.from(`${value}\0`)
  const padded = bytes => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
  const bytesOf = value => {
    if (value === true) return Buffer.alloc(0)
    const values = [value].flat()
    return Buffer.concat(values.map(each => (typeof each === 'string' ? text(each) : word(each))))
  }
  const nameAt = name => {
    if (!names.has(name)) {
      names.set(name, namesBytes)
      namesBytes += text(name).length
    }
    return names.get(name)
  }
  const isNode = value => typeof value === 'object' && !Array.isArray(value)
  const add = (name, node) => {
    structure.push(word(BEGIN_NODE), padded(text(name)))
    // Properties come before nodes.
    for (const [key, value] of Object.entries(node)) {
      if (isNode(value)) continue
      const bytes = bytesOf(value)
      structure.push(word(PROPERTY), word(bytes.length), word(nameAt(key)), padded(bytes))
    }
    for (const [key, value] of Object.entries(node)) if (isNode(value)) add(key, value)
    structure.push(word(END_NODE))
  }
  add('', root)
  structure.push(word(END))
  const nodes = Buffer.concat(structure)
  const strings = Buffer.concat([...names.keys()].map(text))
  const nodesAt = HEADER_BYTES + RESERVATIONS_BYTES
  const stringsAt = nodesAt + nodes.length
  const total = stringsAt + strings.length
  const header = [MAGIC, total, nodesAt, stringsAt, HEADER_BYTES, VERSION, COMPATIBLE_VERSION, 0, strings.length]
  return Buffer.concat([...[...header, nodes.length].map(word), Buffer.alloc(RESERVATIONS_BYTES), nodes, strings])
}
