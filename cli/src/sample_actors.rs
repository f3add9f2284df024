//! Who and what makes the events of the sample.

use fastrand::Rng;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

const SENSORS: u32 = 20;
const PEOPLE: u32 = 40;
const SERVICES: [&str; 3] = ["catalog", "checkout", "search"];
const PATHS: [&str; 5] = ["/", "/items", "/cart", "/orders", "/search"];

/// An event without its id and time.
pub(crate) struct Happening {
    pub(crate) event_type: &'static str,
    /// Members of a JSON object.
    pub(crate) fields: String,
}

/// Something that makes events, one at a time.
pub(crate) enum Actor {
    Sensor(Sensor),
    Person(u32),
    Guesser(Option<Attack>),
    Service(Service),
}

/// A sensor in someone's room; its readings are in tenths.
pub(crate) struct Sensor {
    user: u32,
    temperature: i32,
    humidity: i32,
    trouble: Option<(Trouble, u32)>,
}

/// What a sensor suffers from, for a number of readings.
#[derive(Clone, Copy)]
enum Trouble {
    Hot,
    Cold,
    Humid,
    Broken,
}

/// Someone who tries passwords for one account.
pub(crate) struct Attack {
    user: u32,
    address: u32,
    left: u32,
}

/// A service and how it fares.
pub(crate) struct Service {
    name: &'static str,
    rush: Option<Rush>,
}

/// Some minutes with many requests.
struct Rush {
    until: i64,
    errors_percent: u32,
}

impl Actor {
    /// Everyone, in a fixed order.
    pub(crate) fn all() -> impl Iterator<Item = Actor> {
        let sensor = |user| {
            Actor::Sensor(Sensor {
                user,
                temperature: 215,
                humidity: 450,
                trouble: None,
            })
        };
        let service = |name| Actor::Service(Service { name, rush: None });
        (1..=SENSORS)
            .map(sensor)
            .chain((1..=PEOPLE).map(Actor::Person))
            .chain([Actor::Guesser(None)])
            .chain(SERVICES.map(service))
    }

    /// Does one thing; tells what it was, if anything, and the milliseconds until the next.
    pub(crate) fn act(&mut self, now: i64, rng: &mut Rng) -> (Option<Happening>, i64) {
        match self {
            Actor::Sensor(sensor) => sensor.act(rng),
            Actor::Person(user) => (Some(log_in(*user, rng)), rng.i64(45 * MINUTE..240 * MINUTE)),
            Actor::Guesser(attack) => guess(attack, rng),
            Actor::Service(service) => service.act(now, rng),
        }
    }
}

impl Sensor {
    fn act(&mut self, rng: &mut Rng) -> (Option<Happening>, i64) {
        // Now and then a sensor is silent for 20 to 75 minutes.
        if rng.u32(0..300) == 0 {
            return (None, rng.i64(20 * MINUTE..75 * MINUTE));
        }
        self.change(rng);
        let pause = rng.i64(4 * MINUTE..6 * MINUTE);
        (Some(self.reading(rng)), pause)
    }

    fn change(&mut self, rng: &mut Rng) {
        self.trouble = match self.trouble {
            Some((_, 0)) => None,
            Some((trouble, left)) => Some((trouble, left - 1)),
            None if rng.u32(0..160) == 0 => {
                let trouble = [
                    Trouble::Hot,
                    Trouble::Hot,
                    Trouble::Cold,
                    Trouble::Humid,
                    Trouble::Broken,
                ];
                Some((trouble[rng.usize(0..trouble.len())], rng.u32(1..9)))
            }
            None => None,
        };
        self.temperature = (self.temperature + rng.i32(-6..=6)).clamp(150, 320);
        self.humidity = (self.humidity + rng.i32(-12..=12)).clamp(250, 750);
    }

    fn reading(&self, rng: &mut Rng) -> Happening {
        let trouble = self.trouble.map(|(trouble, _)| trouble);
        let temperature = match trouble {
            Some(Trouble::Hot) => rng.i32(352..415),
            Some(Trouble::Cold) => rng.i32(-65..-4),
            _ => self.temperature,
        };
        let humidity = if let Some(Trouble::Humid) = trouble {
            rng.i32(905..985)
        } else {
            self.humidity
        };
        let status = match trouble {
            Some(Trouble::Broken) => "failed",
            Some(_) if rng.bool() => "degraded",
            _ => "ok",
        };
        let mut data = Vec::new();
        if rng.u32(0..120) > 0 {
            data.push(format!("\"temperature\":{}", tenths(temperature)));
        }
        if rng.u32(0..120) > 0 {
            data.push(format!("\"humidity\":{}", tenths(humidity)));
        }
        data.push(format!("\"status\":\"{status}\""));
        let user = if rng.u32(0..400) > 0 {
            format!("\"userId\":\"user-{}\",", self.user)
        } else {
            String::new()
        };
        Happening {
            event_type: "sensor_reading",
            fields: format!("{user}\"data\":{{{}}}", data.join(",")),
        }
    }
}

impl Service {
    fn act(&mut self, now: i64, rng: &mut Rng) -> (Option<Happening>, i64) {
        if self.rush.as_ref().is_some_and(|rush| now >= rush.until) {
            self.rush = None;
        } else if self.rush.is_none() && rng.u32(0..170) == 0 {
            let errors_percent = if rng.bool() { rng.u32(35..65) } else { 2 };
            self.rush = Some(Rush {
                until: now + rng.i64(6 * MINUTE..14 * MINUTE),
                errors_percent,
            });
        }
        let (errors_percent, pause) = match &self.rush {
            Some(rush) => (rush.errors_percent, rng.i64(4 * SECOND..11 * SECOND)),
            None => (1, rng.i64(20 * SECOND..120 * SECOND)),
        };
        let failed = rng.u32(0..100) < errors_percent;
        let latency = if failed {
            rng.u32(800..5_000)
        } else {
            rng.u32(8..240)
        };
        let status = match (failed, rng.u32(0..20)) {
            (true, 0..10) => 500,
            (true, _) => 503,
            (false, 0) => 404,
            (false, _) => 200,
        };
        let status = if rng.u32(0..500) > 0 {
            format!("\"status\":{status},")
        } else {
            String::new()
        };
        let path = PATHS[rng.usize(0..PATHS.len())];
        let fields = format!(
            "\"service\":\"{}\",\"data\":{{{status}\"latencyMs\":{latency},\"path\":\"{path}\"}}",
            self.name
        );
        (
            Some(Happening {
                event_type: "request",
                fields,
            }),
            pause,
        )
    }
}

fn log_in(user: u32, rng: &mut Rng) -> Happening {
    let ok = rng.u32(0..100) < 93;
    login(user, ok, &format!("10.0.{}.{}", user % 4, 10 + user))
}

/// Begins an attack, or goes on with it; the last guess is right once in a while.
fn guess(attack: &mut Option<Attack>, rng: &mut Rng) -> (Option<Happening>, i64) {
    let current = attack.get_or_insert_with(|| Attack {
        user: rng.u32(1..=PEOPLE),
        address: rng.u32(2..250),
        left: rng.u32(3..16),
    });
    current.left -= 1;
    let ok = current.left == 0 && rng.u32(0..4) == 0;
    let happening = login(current.user, ok, &format!("203.0.113.{}", current.address));
    if current.left > 0 {
        return (Some(happening), rng.i64(4 * SECOND..26 * SECOND));
    }
    *attack = None;
    (Some(happening), rng.i64(15 * MINUTE..70 * MINUTE))
}

fn login(user: u32, ok: bool, address: &str) -> Happening {
    let fields =
        format!("\"userId\":\"user-{user}\",\"data\":{{\"ok\":{ok},\"ip\":\"{address}\"}}");
    Happening {
        event_type: "login",
        fields,
    }
}

/// Tenths as a decimal number.
fn tenths(value: i32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{}", value.abs() / 10, value.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::tenths;

    #[test]
    fn tenths_keep_their_sign() {
        assert_eq!(
            [-5, -65, 0, 7, 215].map(tenths),
            ["-0.5", "-6.5", "0.0", "0.7", "21.5"]
        );
    }
}
