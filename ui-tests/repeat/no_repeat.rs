#[pgflow::workflow]
mod orders {
    #[pgflow::step(max_repeats = 5, repeat_timeout = "1h")]
    pub async fn poll(input: u32) -> pgflow::Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = orders::poll(1);
}
