#[pgflow::workflow]
mod orders {
    #[pgflow::step(on_failure)]
    pub async fn release() -> pgflow::Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::release();
}
