#[pgflow::workflow]
mod orders {
    #[pgflow::step(signal_timeout = "3d", latest_signal)]
    pub async fn decide(input: u32) -> pgflow::Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::decide(1);
}
