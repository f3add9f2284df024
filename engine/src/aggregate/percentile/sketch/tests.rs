use fastrand::Rng;

use super::{MAX_BINS, MAX_BYTES, Sketch, bin, middle};
use crate::number::Number;

/// Shapes of inputs: a name and how a number is drawn.
type Shape = (&'static str, fn(&mut Rng) -> f64);

fn exponential(random: &mut Rng) -> f64 {
    -(1.0 - random.f64()).ln()
}

const SHAPES: &[Shape] = &[
    ("uniform", |random| random.f64()),
    ("exponential", |random| 40.0 * exponential(random)),
    ("pareto", |random| (1.0 - random.f64()).powf(-2.0)),
    ("constant", |_| 0.1),
    ("mixed signs", |random| 1e6 * (random.f64() - 0.3)),
    ("with zeros", |random| f64::from(random.i8(-2..3))),
    ("tiny", |random| 1e-300 * exponential(random)),
    ("subnormal", |random| {
        f64::from_bits(random.u64(1_000..1 << 40))
    }),
    ("huge", |random| 1e300 * exponential(random)),
    ("tiny and huge", |random| {
        [1e-300, -1e300, 1e300, 0.0, -1e-300][random.usize(..5)] * (1.0 + random.f64())
    }),
    ("near 2^63", |random| {
        (i64::MAX - random.i64(0..1 << 40)) as f64
    }),
    ("near -2^63", |random| {
        (i64::MIN + random.i64(0..1 << 40)) as f64
    }),
];

const PERCENTILES: [f64; 8] = [0.0, 1.0, 33.3, 50.0, 95.0, 99.0, 99.9, 100.0];

fn of(values: &[f64]) -> Sketch {
    let mut sketch = Sketch::default();
    values
        .iter()
        .for_each(|value| sketch.add(Number::Double(*value)));
    sketch
}

fn value(sketch: &Sketch, percentile: f64) -> f64 {
    sketch
        .value((percentile * 1e6).round() as u32)
        .unwrap()
        .to_f64()
}

#[test]
fn percentiles_are_within_a_percent_of_the_nearest_rank() {
    let mut random = Rng::with_seed(11);
    for (name, draw) in SHAPES {
        for count in [1, 2, 3, 10, 99, 1_000, 20_000] {
            let mut values: Vec<f64> = (0..count).map(|_| draw(&mut random)).collect();
            let sketch = of(&values);
            assert!(sketch.fits(), "{name}");
            values.sort_by(f64::total_cmp);
            for percentile in PERCENTILES {
                // In thousandths, so that the rank is exact.
                let thousandths = (percentile * 1_000.0).round() as usize;
                let rank = (thousandths * count).div_ceil(100_000).max(1);
                let exact = values[rank - 1];
                let error = (value(&sketch, percentile) - exact).abs();
                assert!(
                    error <= 0.01 * exact.abs(),
                    "{name}: p{percentile} of {count} is {exact}, not {}",
                    value(&sketch, percentile)
                );
            }
        }
    }
}

#[test]
fn bins_ascend_and_their_middles_are_near() {
    let mut random = Rng::with_seed(3);
    let mut values: Vec<f64> = (0..100_000)
        .map(|_| f64::from_bits(random.u64(..)))
        .filter(|value| value.is_finite())
        .collect();
    values.extend([
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
        0.0,
        1.0,
        -1.0,
    ]);
    values.sort_by(f64::total_cmp);
    assert!(values.is_sorted_by_key(|value| bin(*value)));
    for value in values {
        let near = middle(bin(value));
        assert!((near - value).abs() <= 0.01 * value.abs(), "{value} {near}");
        assert_eq!(bin(near), bin(value), "{value} {near}");
    }
}

#[test]
fn merging_in_any_order_gives_the_same_bytes() {
    let mut random = Rng::with_seed(5);
    let wide: Shape = ("of more bins than are kept", |random| {
        let value = f64::from_bits(random.u64(..));
        if value.is_finite() { value } else { -0.0 }
    });
    for (name, draw) in SHAPES.iter().chain([&wide]) {
        let values: Vec<f64> = (0..6_000).map(|_| draw(&mut random)).collect();
        let whole = of(&values);
        assert!(whole.fits(), "{name}");
        let bytes = postcard::to_allocvec(&whole).unwrap();
        assert_eq!(postcard::from_bytes::<Sketch>(&bytes).unwrap(), whole);
        for _ in 0..5 {
            let parts = random.usize(1..20);
            let mut sketches = vec![Sketch::default(); parts];
            let mut shuffled = values.clone();
            random.shuffle(&mut shuffled);
            for value in shuffled {
                sketches[random.usize(..parts)].add(Number::Double(value));
            }
            while sketches.len() > 1 {
                let other = sketches.swap_remove(random.usize(..sketches.len()));
                let at = random.usize(..sketches.len());
                sketches[at].merge(&other);
            }
            assert_eq!(
                postcard::to_allocvec(&sketches[0]).unwrap(),
                bytes,
                "{name}"
            );
        }
    }
}

#[test]
fn the_lowest_numbers_lose_their_precision_first() {
    let values: Vec<f64> = (0..400)
        .map(|octave| 2_f64.powi(octave))
        .flat_map(|octave| (0..50).map(move |step| octave * (1.01 + f64::from(step) / 50.0)))
        .collect();
    let sketch = of(&values);
    assert_eq!(sketch.bins.len(), MAX_BINS);
    // 2,048 bins of 20,000 are the upper tenth.
    for percentile in [90.0, 95.0, 99.0] {
        let exact = values[(percentile * 200.0) as usize - 1];
        assert!((value(&sketch, percentile) / exact - 1.0).abs() <= 0.01);
    }
    assert_eq!(value(&sketch, 0.0), values[0]);
}

#[test]
fn the_worst_sketch_takes_no_more_bytes_than_are_announced() {
    // The bins as far apart as they can be, each count as large as their sum allows.
    let (lowest, highest) = (bin(f64::MIN), bin(f64::MAX));
    let step = (highest - lowest) / MAX_BINS as i32;
    let mut bins: Vec<(i32, u64)> = (0..MAX_BINS as i32)
        .map(|index| (highest - step * (MAX_BINS as i32 - 1 - index), 1 << 49))
        .collect();
    bins.iter_mut().take(238).for_each(|bin| bin.1 = 1 << 56);
    let sum: u128 = bins.iter().map(|bin| u128::from(bin.1)).sum();
    assert!(sum <= u128::from(u64::MAX));
    let worst = Sketch {
        min: f64::MIN,
        max: f64::MAX,
        bins,
    };
    assert!(worst.fits());
    let bytes = postcard::to_allocvec(&worst).unwrap().len() as i64;
    assert!(
        bytes <= MAX_BYTES && bytes * 100 >= MAX_BYTES * 98,
        "{bytes} of {MAX_BYTES}"
    );
}
