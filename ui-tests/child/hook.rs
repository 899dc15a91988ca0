#[pgflow::workflow]
mod shipping {
    #[pgflow::step]
    pub async fn ship(input: String) -> pgflow::Result<usize> {
        Ok(input.len())
    }
}

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn send(input: u32) -> pgflow::Result<String> {
        Ok(input.to_string())
    }

    #[pgflow::step(on_failure, child = shipping)]
    pub async fn apologise() -> pgflow::Result<String> {
        Ok("sorry".to_owned())
    }
}

fn main() {
    let _ = shipping::ship(String::new());
    let _ = orders::send(1);
    let _ = orders::apologise();
}
