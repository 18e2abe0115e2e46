/** The constants of the SHA-2 family: the fractions of the cube roots of the first eighty primes, 64 bits each. */
export const CUBE_ROOTS: readonly bigint[] = firstPrimes(80).map((prime) => {
  const root = cubeRoot(prime << 192n);
  return root & ((1n << 64n) - 1n);
});

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** The integer part of the cube root, by halving. */
function cubeRoot(value: bigint): bigint {
  let low = 0n;
  let high = 1n << 70n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n <= value) low = middle;
    else high = middle;
  }
  return low;
}
