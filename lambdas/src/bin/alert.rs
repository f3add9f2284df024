//! The alert function.
// The handler's calls lie so deep in one another that their size is found beyond the usual depth.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tripline_lambdas::alert::{AlertFunction, Topics};
use tripline_lambdas::aws::{self, Aws, Names};
use tripline_lambdas::function::{
    Calls, answer, failed_start, program, required, start_logging, variable,
};
use tripline_lambdas::invocation::Invocation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let rules = variable("RULES_DIR");
    let program = program(rules.as_deref()).map_err(failed_start)?;
    let program = program.without_aggregates();
    let topics = Topics::new(program.routes(), variable).map_err(failed_start)?;
    let names = Names {
        state: required("STATE_TABLE").map_err(failed_start)?,
        quarantine: required("QUARANTINE_TABLE").map_err(failed_start)?,
        stream: required("STREAM_NAME").map_err(failed_start)?,
        ..Names::default()
    };
    let aws = Aws::new(&aws::config().await, names);
    let function = AlertFunction::new(&program, aws, topics);
    let calls = Calls::new("alert");
    let (function, calls) = (&function, &calls);
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<Box<RawValue>>| async move {
            let invocation = Invocation::read(event.payload.get())?;
            let counted = || (function.take_metrics(), function.world().take_durations());
            let done = calls
                .within(
                    &event.context,
                    async |call| match invocation {
                        Invocation::Records(records) => function.records(records, call).await,
                        Invocation::Tick(at) => function.tick(at, call).await.map(|()| Vec::new()),
                    },
                    counted,
                )
                .await;
            Ok::<_, Error>(answer(&done?))
        },
    ))
    .await
}
