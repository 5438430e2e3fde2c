// Metrics as Prometheus reads them.
import { expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

it('Metrics are written as text, and two registries do not mix', async () => {
  const metrics = createMetrics()
  const other = createMetrics()
  const refusals = metrics.counter({ name: 'turnpike_refusals_total', help: 'Refusals by code.', labels: ['code'] })
  refusals.add(2, { code: 'bank/balance' })
  refusals.add(undefined, { code: 'bank/balance' })
  metrics.gauge({ name: 'turnpike_height', help: 'Height of the last block.', read: () => 7 })
  metrics.gauge({ name: 'turnpike_log_bytes', help: 'Length of the block log.' }).set(5)
  metrics.histogram({ name: 'turnpike_block_seconds', help: 'Time of a block.', buckets: [0.1, 1] }).observe(0.5)
  other.gauge({ name: 'turnpike_height', help: 'Height of the last block.' }).set(1)
  const text = await metrics.text()
  expect(metrics.contentType).toContain('text/plain')
  expect(text).toContain('turnpike_refusals_total{code="bank/balance"} 3\n')
  expect(text).toContain('turnpike_height 7\n')
  expect(text).toContain('turnpike_log_bytes 5\n')
  expect(text).toContain('turnpike_block_seconds_bucket{le="0.1"} 0\n')
  expect(text).toContain('turnpike_block_seconds_bucket{le="1"} 1\n')
  expect(text).toContain('process_cpu_seconds_total')
  expect(await other.text()).not.toContain('turnpike_refusals_total')
})
