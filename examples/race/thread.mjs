import { parentPort, workerData } from 'node:worker_threads'
import { Board } from './board.mjs'
import * as descriptor from './descriptor.mjs'
import * as word from './word.mjs'

const RACES = { descriptor, word }

const { race, role, copy, handle } = workerData
parentPort.postMessage(RACES[race][role](Board.attach(handle), copy))
