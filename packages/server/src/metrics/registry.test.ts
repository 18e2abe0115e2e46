import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cellOf,
  counterFamily,
  gaugeFamily,
  histogramFamily,
  histogramOf,
  mergeFamilies,
  observe,
  renderFamilies,
} from './registry.ts';

test('a counter renders with its labels escaped', () => {
  const family = counterFamily('calls_total', 'Calls.');
  cellOf(family, { module: 'a"b\\c\nd' }).value += 2;
  assert.equal(
    renderFamilies([family]),
    '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{module="a\\"b\\\\c\\nd"} 2\n',
  );
});

test('histogram buckets are cumulative, and what is above the last counts in +Inf', () => {
  const family = histogramFamily('t_seconds', 'T.');
  const cell = histogramOf(family, { gate: 'authn' });
  for (const seconds of [0.000005, 0.3, 99]) observe(cell, seconds);
  const text = renderFamilies([family]);
  assert.match(text, /t_seconds_bucket\{gate="authn",le="0.00001"\} 1\n/);
  assert.match(text, /t_seconds_bucket\{gate="authn",le="0.5"\} 2\n/);
  assert.match(text, /t_seconds_bucket\{gate="authn",le="10"\} 2\n/);
  assert.match(text, /t_seconds_bucket\{gate="authn",le="\+Inf"\} 3\n/);
  assert.match(text, /t_seconds_sum\{gate="authn"\} 99\.3\d*\nt_seconds_count\{gate="authn"\} 3\n/);
});

test('families of several threads add up, also after having been cloned between threads', () => {
  const threads = [1, 2].map((value) => {
    const counter = counterFamily('c_total', 'C.');
    cellOf(counter, { x: 'same' }).value = value;
    cellOf(counter, { x: String(value) }).value = 1;
    const histogram = histogramFamily('h_seconds', 'H.');
    observe(histogramOf(histogram, {}), value);
    return structuredClone([counter, histogram]);
  });
  const text = renderFamilies(mergeFamilies([...threads, [gaugeFamily('g', 'G.', [[{}, 7]])]]));
  assert.match(text, /c_total\{x="same"\} 3\n/);
  assert.match(text, /c_total\{x="2"\} 1\n/);
  assert.match(text, /h_seconds_bucket\{le="1"\} 1\n/);
  assert.match(text, /h_seconds_sum 3\nh_seconds_count 2\n/);
  assert.match(text, /\ng 7\n/);
});
