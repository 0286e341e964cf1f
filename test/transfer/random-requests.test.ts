import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { REQUESTS } from './support/request-campaigns.ts'

test.each(REQUESTS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
