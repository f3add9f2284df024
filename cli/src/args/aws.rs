//! Where AWS is.

/// Where AWS is; what is not said is taken from the environment and the profile, as the AWS tools do.
#[derive(Debug, clap::Args)]
pub(crate) struct AwsArgs {
    /// Where the services are, for a local stand-in
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub(crate) endpoint_url: Option<String>,

    /// The region
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(crate) region: Option<String>,

    /// The profile of the AWS configuration files
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(crate) profile: Option<String>,
}

impl AwsArgs {
    /// Whether any of it is said.
    pub(crate) fn says_anything(&self) -> bool {
        [&self.endpoint_url, &self.region, &self.profile]
            .into_iter()
            .any(Option::is_some)
    }
}
