import linkedin_media as lm
from linkedin_media.simulator import SimulatorConfig
from tests.simulator.caller import png


async def test_the_client_talks_to_the_tests_own_simulator(linkedin_client, linkedin_simulator):
    started = await linkedin_client.images.initialize_upload(linkedin_simulator.person)
    await linkedin_client.images.upload(started, png())
    image = await linkedin_client.images.get(started.image)

    assert image.status == lm.MediaStatus.AVAILABLE
    assert [call.operation for call in linkedin_simulator.journal] == [
        "images.initializeUpload",
        "uploads.put",
        "images.get",
    ]


def test_every_test_has_a_fresh_simulator(linkedin_simulator):
    assert (len(linkedin_simulator.journal), len(linkedin_simulator.images)) == (0, 0)


def test_images_are_available_at_once_unless_configured(linkedin_simulator, linkedin_simulator_config):
    assert linkedin_simulator_config == SimulatorConfig(processing_seconds=0.0)
    assert linkedin_simulator.config == linkedin_simulator_config
