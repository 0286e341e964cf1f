import { createReadStream } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** The most bytes of an input, unpacked: the map of a board has some ten thousand. */
const MOST_BYTES = 64 * 2 ** 20

/**
 * The text of a file, or of the standard input where its name is `-`; unpacked if it is gzip's. No more is read than an
 * input may have, so that a device or a pipe without end is an error.
 *
 * @throws Error (the promise rejects) where it can't be read, or is too long.
 */
export async function readInput(path: string): Promise<string> {
  const bytes = await readBytes(path)
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
  return (isPacked ? unpacked(bytes) : bytes).toString('utf8')
}

async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MOST_BYTES) throw tooLong()
  }
  return Buffer.concat(chunks, size)
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong() : error
  }
}

function tooLong(): Error {
  return new RangeError(`an input must have at most ${MOST_BYTES} bytes, unpacked`)
}
