// An archive that Linux takes as its first root file system: cpio's format "newc".

const FOLDER = 0o040755
const PROGRAM = 0o100755

/**
 * @param {Record<string, Uint8Array | undefined>} files By path, without a slash in front; undefined: a folder. Folders come
 *   before what is in them.
 * @returns {Uint8Array} The archive, not compressed.
 */
export function cpio(files) {
  const parts = []
  const add = (name, mode, content) => {
    const path = Buffer.from(`${name}\0`)
    // Inode, mode, user, group, links, time, size, the device's and the node's two numbers, length of the name, checksum.
    const fields = [parts.length + 1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length, 0]
    const header = Buffer.from(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`)
    parts.push(padded(Buffer.concat([header, path])), padded(content))
  }
  for (const [name, content] of Object.entries(files))
    add(name, content === undefined ? FOLDER : PROGRAM, content ?? new Uint8Array())
  add('TRAILER!!!', 0, new Uint8Array())
  return Buffer.concat(parts)
}

/** Headers and contents begin at multiples of four bytes. */
function padded(bytes) {
  return Buffer.concat([bytes, new Uint8Array(-bytes.length & 3)])
}
