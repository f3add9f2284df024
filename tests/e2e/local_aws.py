"""A local AWS with a deployment of the template: started, filled and ended by whoever uses it."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
import yaml
from botocore.config import Config

from proxy import Proxy

PROJECT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "us-east-1"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class LocalAws:
    """The server, a proxy that the functions talk through, and clients that talk to it directly."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tripline-aws-"))
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            # The functions inherit it: what they ask for goes through the proxy.
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy.port}",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "TMPDIR": str(self.folder),
        }
        self.log = open(self.folder / "server.log", "wb")
        server = pathlib.Path(sys.executable).parent / "ministack"
        self.server = subprocess.Popen([server], env=environment, stdout=self.log, stderr=self.log, cwd=self.folder)
        self.until("the local AWS answers", self.is_healthy, seconds=60)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.proxy.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_healthy(self):
        try:
            return urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2).status == 200
        except OSError:
            if self.server.poll() is not None:
                raise SystemExit(f"the local AWS ended: {(self.folder / 'server.log').read_text()}")
            return False

    @staticmethod
    def until(what, holds, seconds=60):
        """Waits until something holds; gives up, loudly, when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            given = holds()
            if given:
                return given
            time.sleep(0.1)
        raise AssertionError(f"after {seconds} s it is still not so that {what}")

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 3}, read_timeout=120),
        )

    def deploy(self, stage, functions, **parameters):
        """Deploys the template with these builds of the functions; gives its outputs."""
        s3 = self.client("s3")
        bucket = f"deploy-{stage}"
        s3.create_bucket(Bucket=bucket)
        template = load_template()
        for name, folder in functions.items():
            archive = self.folder / f"{stage}-{name}.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
                info = zipfile.ZipInfo("bootstrap")
                info.external_attr = 0o755 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                zipped.writestr(info, (folder / name).read_bytes())
            s3.upload_file(str(archive), bucket, f"{name}.zip")
            function = f"{name.capitalize()}Function"
            template["Resources"][function]["Properties"]["CodeUri"] = f"s3://{bucket}/{name}.zip"
        parameters = {"Stage": stage, "Architecture": "x86_64", "MappingsEnabled": "false", **parameters}
        cloudformation = self.client("cloudformation")
        stack = f"tripline-{stage}"
        cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": str(value)} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.execute_change_set(StackName=stack, ChangeSetName="first")

        def outputs():
            described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
            status = described["StackStatus"]
            assert "FAILED" not in status and "ROLLBACK" not in status, f"{status}: {described.get('StackStatusReason')}"
            return status == "CREATE_COMPLETE" and described["Outputs"]

        found = self.until("the stack is there", outputs)
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def set_variables(self, function, **variables):
        """Adds to a function's environment."""
        functions = self.client("lambda")
        present = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": {**present, **variables}})

    def scan(self, table):
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def tick(self, function, at):
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"tick": at}))
        assert "FunctionError" not in answer, answer["Payload"].read()

    def queue_of(self, topic):
        """A queue that gets what is sent to a topic."""
        sqs, sns = self.client("sqs"), self.client("sns")
        name = "alerts-" + topic.rsplit(":", 1)[-1][-40:]
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        return url

    def received(self, queue):
        """All messages that wait in a queue, taken out of it."""
        sqs = self.client("sqs")
        messages = []
        while True:
            given = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages", [])
            if not given:
                return messages
            messages += given
            sqs.delete_message_batch(
                QueueUrl=queue,
                Entries=[{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(given)],
            )


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions."""


def _function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _function)


def load_template():
    return yaml.load((PROJECT / "lambdas/template.yaml").read_text(), _Loader)
