//! The place of the alert and transform functions on AWS; it holds nothing yet.
